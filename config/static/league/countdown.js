"use strict";

// Keeps the countdowns running by the server's clock; without scripts the page says the same,
// as of the moment it was made.
(function () {
  const marks = Array.from(document.querySelectorAll("[data-countdown]"));
  if (marks.length === 0) {
    return;
  }
  let ahead = 0;

  function pad(value) {
    return String(value).padStart(2, "0");
  }

  function left(seconds) {
    if (seconds <= 0) {
      return "now";
    }
    const days = Math.floor(seconds / 86400);
    const hours = Math.floor(seconds / 3600) % 24;
    const minutes = Math.floor(seconds / 60) % 60;
    if (days > 0) {
      return "in " + days + " d " + hours + " h";
    }
    const clock = pad(minutes) + ":" + pad(seconds % 60);
    return "in " + (hours > 0 ? hours + ":" + clock : clock);
  }

  function tick() {
    const now = Date.now() + ahead;
    for (const mark of marks) {
      const seconds = Math.floor((Date.parse(mark.dateTime) - now) / 1000);
      mark.textContent = left(seconds);
      mark.classList.toggle("soon", seconds < 60);
    }
  }

  const asked = Date.now();
  fetch("/api/v1/time")
    .then((answer) => answer.json())
    .then((told) => {
      ahead = Date.parse(told.now) - (asked + Date.now()) / 2;
    })
    .catch(() => {
      ahead = 0; // the visitor's own clock will do
    });
  tick();
  window.setInterval(tick, 1000);
})();
