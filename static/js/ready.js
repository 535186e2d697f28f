// Marks the page as one with script: the style sheet then shows controls of the class "scripted".
document.documentElement.dataset.script = "";
