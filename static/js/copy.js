// Copy buttons: <button type="button" class="scripted" data-copy="id-of-the-source">Copy</button>.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const source = button && document.getElementById(button.dataset.copy);
  if (!source) return;
  const status = document.getElementById("live");
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    status.textContent = "Copied";
  } catch {
    // no permission, or not a secure page: select the text, so that the reader can copy with one key press
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    status.textContent = "Selected. Press Control+C, or Command+C, to copy";
  }
});
