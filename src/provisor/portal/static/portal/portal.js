/* What a page can't do by itself. Everything here is a comfort: links and forms work without it. */
"use strict";

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

/* A part that refreshes itself says so: it is no sign that a person is there (portal/sessions.py). */
document.addEventListener("htmx:configRequest", (event) => {
  const cause = event.detail.triggeringEvent;
  if (!cause || !cause.isTrusted) event.detail.headers["Provisor-Live"] = "1";
});

/* What a form was refused with is shown too: the answer is the form with its errors. */
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422 || event.detail.xhr.status === 409) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

/* What is folded open stays open when its part is replaced from beside. */
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  all("details[id][open]", event.detail.target).forEach((open) => {
    event.detail.fragment.querySelector(`#${open.id}`)?.setAttribute("open", "");
  });
});

/* The live parts' connection: a grey dot at once, a banner after ten seconds. */
const connection = { since: null, timer: null };

function showLost(title, note) {
  const place = document.getElementById("connection");
  const main = document.getElementById("main");
  if (!place || !main || document.getElementById("lost")) return;
  const banner = document.createElement("div");
  banner.id = "lost";
  banner.className = "banner banner-machine";
  banner.setAttribute("role", "status");
  const text = document.createElement("div");
  text.className = "grow";
  const news = document.createElement("p");
  news.className = "news";
  news.textContent = title;
  const more = document.createElement("p");
  more.textContent = note;
  text.append(news, more);
  banner.append(text);
  main.prepend(banner);
}

function lost() {
  all(".live").forEach((dot) => dot.classList.add("lost"));
  if (connection.timer) return;
  connection.since = connection.since || new Date();
  connection.timer = setTimeout(() => {
    const place = document.getElementById("connection");
    const at = connection.since.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    if (place) showLost(`${place.dataset.lost} ${at}.`, place.dataset.note);
  }, 10000);
}

function found() {
  connection.since = new Date();
  clearTimeout(connection.timer);
  connection.timer = null;
  all(".live").forEach((dot) => dot.classList.remove("lost"));
  document.getElementById("lost")?.remove();
}

document.addEventListener("htmx:sendError", lost);
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) found(); });
document.addEventListener("htmx:responseError", (event) => {
  const place = document.getElementById("connection");
  if (event.detail.xhr.status === 401 && place) {
    all(".live").forEach((dot) => dot.classList.add("lost"));
    showLost(place.dataset.ended, place.dataset.endedNote);
  } else lost();
});

/* A form is sent once; a button that isn't possible yet does nothing. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[aria-disabled=true]");
  if (button) event.preventDefault();
});
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.defaultPrevented || !button || event.target.hasAttribute("hx-post")) return;
  if (button.getAttribute("aria-busy") === "true") event.preventDefault();
  else if (!button.hasAttribute("data-again")) button.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => all("[aria-busy=true]").forEach((button) => button.removeAttribute("aria-busy")));

/* Unsaved input: leaving asks once. A form opts in with data-unsaved. */
let unsaved = false;
document.addEventListener("input", (event) => { if (event.target.closest("form[data-unsaved]")) unsaved = true; });
document.addEventListener("submit", () => { unsaved = false; });
window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

/* Menus close with Escape, by a click elsewhere, and when another one opens. */
const menus = "details.account, details.chip-menu, details.menu-button, details.nav-toggle";
document.addEventListener("click", (event) => {
  all(menus).forEach((menu) => { if (!menu.contains(event.target)) menu.removeAttribute("open"); });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  all(menus).filter((menu) => menu.open).forEach((menu) => {
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  });
});

/* Keys outside of fields: / goes to the search of the page, else to that of the top bar. */
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (typing || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector("main input[type=search]") || document.querySelector(".topbar input[type=search]");
  if (search) { event.preventDefault(); search.focus(); }
});

/* Toasts leave after eight seconds, not while somebody is at them. */
function dress(root) {
  all(".toast", root).forEach((toast) => {
    const close = toast.querySelector("[data-close]");
    close.hidden = false;
    close.addEventListener("click", () => toast.remove());
    const leave = () => { if (toast.matches(":hover, :focus-within")) setTimeout(leave, 2000); else toast.remove(); };
    setTimeout(leave, 8000);
  });
  all(".reveal", root).forEach((button) => {
    const field = document.getElementById(button.getAttribute("aria-controls"));
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    });
  });
  all("[data-copy]", root).forEach((button) => {
    button.addEventListener("click", () => navigator.clipboard?.writeText(button.dataset.copy));
  });
}

/* Where the focus begins: the first wrong field, else what the page asks for. */
function begin() {
  dress(document);
  const wrong = document.querySelector("main [aria-invalid=true]");
  const first = wrong || document.querySelector("[data-first-focus]");
  if (first) first.focus();
}

document.addEventListener("DOMContentLoaded", begin);
document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) dress(event.target); });
