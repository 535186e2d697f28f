// A single key leads to the search: aria-keyshortcuts names it on the link, unless the person turned the keys off. What is typed
// before the search has opened is carried into its field.
const typedKey = "typed";
let typed;
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typed !== undefined) {
    if (event.key === "Escape") typed = undefined;
    else if (event.key.length === 1) typed += event.key;
    return;
  }
  const isTyping = event.target.closest?.("input, select, textarea, [contenteditable]");
  if (event.key !== "/" || isTyping) return;
  const link = document.querySelector('[aria-keyshortcuts="/"]');
  if (!link) return;
  event.preventDefault();
  const field = link.ariaCurrent === "page" && document.querySelector("main [type=search]");
  if (field) {
    field.focus();
    return field.select();
  }
  typed = "";
  link.click();
});
addEventListener("pagehide", () => {
  if (typed !== undefined) sessionStorage.setItem(typedKey, typed);
  typed = undefined;
});
// A browser may obey autofocus only after the page has loaded, so the field takes the focus here, before the next key.
addEventListener("DOMContentLoaded", () => {
  const carried = sessionStorage.getItem(typedKey);
  sessionStorage.removeItem(typedKey);
  const field = carried !== null && document.querySelector("main [type=search][autofocus]");
  if (!field) return;
  field.focus();
  field.value = carried + field.value;
});
