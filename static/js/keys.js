// A single key leads to the search: aria-keyshortcuts names it on the link, unless the person turned the keys off.
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, select, textarea, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
  const link = document.querySelector('[aria-keyshortcuts="/"]');
  if (!link) return;
  event.preventDefault();
  const field = link.ariaCurrent === "page" && document.querySelector("main [type=search]");
  if (field) field.select();
  else link.click();
});
