/* A table that is wider than the page scrolls inside its own box; whoever has no mouse must be able to get into that box. */
(function () {
  "use strict";
  function reachable() {
    document.querySelectorAll(".bd-article table").forEach(function (table) {
      if (table.scrollWidth > table.clientWidth) {
        table.tabIndex = 0;
      } else {
        table.removeAttribute("tabindex");
      }
    });
  }
  window.addEventListener("load", reachable);
  window.addEventListener("resize", reachable);
  document.addEventListener("toggle", reachable, true); // a folded answer that is opened
})();
