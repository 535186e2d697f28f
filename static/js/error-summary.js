// A link in the error summary scrolls to the label or legend of its control, not past it, and focuses the control.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".summary a[href^='#']");
  const control = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!control) return;
  event.preventDefault();
  reveal(control);
  const choice = control.matches("[type=radio], [type=checkbox]") && control.closest("fieldset");
  const heading = choice ? choice.querySelector("legend") : control.labels?.[0];
  (heading ?? control).scrollIntoView();
  control.focus({ preventScroll: true });
});
