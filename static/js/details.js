// Opens the closed details around an element, for other behaviours and for the target of the address.

// Returns whether any details were closed.
const reveal = (element) => {
  let opened = false;
  for (let box = element.closest("details"); box; box = box.parentElement.closest("details")) {
    opened ||= !box.open;
    box.open = true;
  }
  return opened;
};

{
  const revealTarget = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && reveal(target)) target.scrollIntoView();
  };

  addEventListener("hashchange", revealTarget);
  revealTarget();
}
