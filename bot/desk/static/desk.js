// What the pages do better with a script. Without it every form still works as a plain post.
(function () {
  "use strict";
  var root = document.documentElement;

  // Light or dark: the system's, until somebody chooses. The choice stays in this browser.
  var theme = document.getElementById("theme");
  function isDark() {
    var chosen = root.getAttribute("data-theme");
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function paint(chosen) {
    if (chosen === "dark" || chosen === "light") root.setAttribute("data-theme", chosen);
    if (theme) theme.textContent = theme.getAttribute(isDark() ? "data-light" : "data-dark");
  }
  function remembered(value) {
    try {
      if (value) localStorage.setItem("theme", value);
      return localStorage.getItem("theme");
    } catch (error) { return value || null; }
  }
  paint(remembered());
  if (theme) {
    theme.hidden = false;
    theme.addEventListener("click", function () { paint(remembered(isDark() ? "light" : "dark")); });
  }

  // Pages that refresh themselves: a part is fetched anew while somebody looks, and put in when it has changed.
  document.querySelectorAll("[data-live]").forEach(function (part) {
    var last = null;
    if (!window.fetch) return;
    setInterval(function () {
      if (document.hidden) return;
      fetch(part.getAttribute("data-live"), { credentials: "same-origin" }).then(function (answer) {
        return answer.ok && !answer.redirected ? answer.text() : null;
      }).then(function (html) {
        if (html === null || html === last) return;
        last = html;
        var holder = document.createElement("template");
        holder.innerHTML = html;
        if (holder.innerHTML.trim() !== part.innerHTML.trim()) part.innerHTML = html;
      }).catch(function () { /* the server is starting anew: the next round tries again */ });
    }, 2000);
  });

  // The chat: send each new step alone, and put what comes back into the columns.
  var chat = document.querySelector(".try");
  if (chat && window.fetch && window.FormData) {
    var say = document.getElementById("say"), text = document.getElementById("text"), why = document.getElementById("why");
    var queue = Promise.resolve();
    var lists = {};
    chat.querySelectorAll("[data-messages]").forEach(function (list) { lists[list.getAttribute("data-messages")] = list; });

    function show(code) {
      chat.setAttribute("data-shown", code);
      chat.querySelectorAll("[data-show]").forEach(function (button) {
        button.setAttribute("aria-pressed", String(button.getAttribute("data-show") === code));
      });
      chat.querySelectorAll(".phone").forEach(function (phone) {
        phone.classList.toggle("shown", phone.getAttribute("data-column") === code);
      });
    }
    function element(html) {
      var holder = document.createElement("template");
      holder.innerHTML = html.trim();
      return holder.content.firstElementChild;
    }
    function find(list, id) { return list.querySelector('[data-id="' + id + '"]'); }
    function scroll(list, item) {
      var wall = list.parentElement;
      // The beginning of a long answer is what is read first.
      if (item) wall.scrollTop += item.getBoundingClientRect().top - wall.getBoundingClientRect().top - 12;
      else wall.scrollTop = wall.scrollHeight;
    }
    function apply(column) {
      var list = lists[column.code], last = null;
      if (!list) return;
      if (column.put.length) { var empty = list.querySelector(".empty"); if (empty) empty.remove(); }
      column.put.forEach(function (bubble) {
        var made = element(bubble.html), old = find(list, bubble.id);
        // Whoever pressed a key with the keyboard goes on from the bubble that takes its place.
        var held = old && old.contains(document.activeElement), key = made.querySelector(".key");
        if (old) old.replaceWith(made); else list.appendChild(made);
        if (held && key) key.focus({ preventScroll: true });
        if (!last) last = made;
      });
      column.removed.forEach(function (id) {
        var gone = find(list, id);
        if (!gone) return;
        if (gone.contains(document.activeElement)) text.focus();
        gone.remove();
      });
      if (last) scroll(list, last);
    }
    function send(data) {
      data.set("part", "1");
      queue = queue.then(function () {
        data.set("steps", say.elements.steps.value);
        return fetch(say.action, { method: "POST", body: new URLSearchParams(data), credentials: "same-origin" });
      }).then(function (answer) {
        if (!answer.ok || answer.redirected) { location.reload(); return null; }
        return answer.json();
      }).then(function (turn) {
        if (!turn) return;
        document.querySelectorAll('input[name="steps"]').forEach(function (field) { field.value = turn.steps; });
        turn.columns.forEach(apply);
        if (turn.why) why.innerHTML = turn.why;
        if (turn.shown) show(turn.shown);
      }).catch(function () { /* the server has gone: what was typed stays, and sending again tries again */ });
    }
    say.addEventListener("submit", function (event) {
      event.preventDefault();
      if (!text.value.trim()) return;
      var data = new FormData(say);
      text.value = "";
      say.elements.forwarded.checked = false;
      send(data);
    });
    document.getElementById("press").addEventListener("submit", function (event) {
      var key = event.submitter;
      if (!key) return;
      event.preventDefault();
      var data = new FormData();
      data.set(key.name, key.value);
      send(data);
    });
    text.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        if (say.requestSubmit) say.requestSubmit(); else say.querySelector(".send").click();
      }
    });
    chat.querySelectorAll("[data-show]").forEach(function (button) {
      button.addEventListener("click", function () { show(button.getAttribute("data-show")); });
    });
    show(chat.getAttribute("data-shown"));
    Object.keys(lists).forEach(function (code) {
      var answers = lists[code].querySelectorAll(".message.asker");
      scroll(lists[code], answers[answers.length - 1]);
    });
  }
})();
