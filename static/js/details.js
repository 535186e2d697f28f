// Opens the closed details that hold the target of the address, and scrolls to it.
{
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    let opened = false;
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) {
      opened ||= !box.open;
      box.open = true;
    }
    if (opened) target.scrollIntoView();
  };

  addEventListener("hashchange", reveal);
  reveal();
}
