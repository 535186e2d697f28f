// Says that a form sent by htmx got no answer, or that of a fault. The page stays, with what was typed.
{
  const show = (event) => {
    const form = event.target.closest?.("form[method=post]");
    if (form) document.getElementById("notice").textContent = "The hub did not answer. What you entered is still here: try again.";
    return form;
  };

  document.addEventListener("htmx-error", show);
  document.addEventListener("htmx-before-swap", (event) => {
    if (event.detail.ctx.response.status >= 500 && show(event)) event.preventDefault();
  });
}
