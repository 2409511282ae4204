/* The second password field speaks only after leaving it, or once it is as long as the first. Nothing here is needed. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const first = document.getElementById("id_password");
  const second = document.getElementById("id_password_again");
  const hint = document.getElementById("again-hint");
  if (!first || !second || !hint) return;

  const speak = () => {
    hint.hidden = second.value === "";
    hint.textContent = second.value === first.value ? hint.dataset.same : hint.dataset.differs;
  };
  second.addEventListener("blur", speak);
  second.addEventListener("input", () => { if (!hint.hidden || second.value.length >= first.value.length) speak(); });
  first.addEventListener("input", () => { if (!hint.hidden) speak(); });
});
