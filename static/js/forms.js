// The buttons that change a form, such as one that adds a row, change the page in place. Others load a page, so that Back leads to the
// filled form.
{
  const changing = /:|^(choices|example|form|json|refresh)/;

  document.addEventListener("submit", (event) => {
    const isOther = event.target.matches("form[method=post]") && !changing.test(event.submitter?.value);
    if (isOther) event.stopPropagation();
  }, true);

  // An answer without the form says why, and the page stays, with what was typed.
  const show = (event, words) => {
    if (!event.target.closest?.("form[method=post]")) return;
    document.getElementById("notice").textContent = `${words ?? "The hub did not answer."} What you entered is still here.`;
    event.preventDefault();
  };

  document.addEventListener("htmx-error", (event) => show(event));
  document.addEventListener("htmx-before-swap", (event) => {
    const { response, text } = event.detail.ctx;
    if (response.status < 400 || response.status === 401 || text.includes("data-hx-post")) return;
    show(event, new DOMParser().parseFromString(text, "text/html").querySelector("main .lede")?.textContent);
  });
}
