// A link in the error summary scrolls to the label or legend, not past it to the control, and focuses the control.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".summary a[href^='#']");
  const control = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!control) return;
  event.preventDefault();
  for (let box = control.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  const choice = control.matches("[type=radio], [type=checkbox]") && control.closest("fieldset");
  const heading = choice ? choice.querySelector("legend") : control.labels?.[0];
  (heading ?? control).scrollIntoView();
  control.focus({ preventScroll: true });
});
