// Shows a message when live updates have stopped: after the third failure in a row, because short breaks end by themselves.
{
  let failures = 0;
  const notice = () => document.getElementById("notice");

  document.addEventListener("htmx-sse-error", () => {
    failures += 1;
    if (failures === 3) notice().textContent = "Live updates have stopped. Reload the page to see the latest.";
  });

  document.addEventListener("htmx-sse-after-message", () => {
    if (failures >= 3) notice().textContent = "";
    failures = 0;
  });
}
