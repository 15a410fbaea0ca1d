// Sets the chosen theme before the first paint. A file of its own because the content policy allows no inline script.
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem("lares.theme");
  } catch {
    // Storage may be forbidden; then the system's theme holds.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
