// Says that script runs: the style sheet then shows the controls that need it (class "scripted").
document.documentElement.dataset.script = "";
