from datetime import datetime, timedelta, timezone
from tests.browser.test_accessible import findings
W, N = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
def test_look(signed_in, api, complaints):
    apps = []
    users = [api.post("/users", {"username": f"u{n}", "email": f"u{n}@example.com", "firstname": "Zoë", "lastname": f"Öztürk {n}", "department": "Research"})["id"] for n in range(4)]
    group = api.post("/groups", {"name": "Entwicklung"})["id"]
    api.post(f"/groups/{group}/members", {"add": users})
    for n in range(3):
        app = api.post("/applications", {"name": f"App {n}", "base_url": f"http://127.0.0.1:9/scim{n}", "auth": {"type": "bearer", "token": "x"}, "settings": {"delete_after_days": 30}})["id"]
        api.post(f"/applications/{app}/assignments", {"groups": {"add": [group]}})
        apps.append(app)
    api.post(f"/users/{users[0]}/suspend", {"at": (datetime.now(timezone.utc) + timedelta(days=9)).isoformat()})
    api.post(f"/users/{users[1]}/suspend")
    api.call("DELETE", f"/users/{users[2]}")
    g2 = api.post("/groups", {"name": "Alte Gruppe"})["id"]
    api.post(f"/groups/{g2}/members", {"add": users[:1]})
    api.post(f"/applications/{apps[0]}/assignments", {"groups": {"add": [g2]}})
    api.call("DELETE", f"/groups/{g2}")
    entry = api.get("/trash?kind=user")["items"][0]["id"]
    gentry = api.get("/trash?kind=group")["items"][0]["id"]
    pages = {"user": f"/users/{users[0]}", "suspend": f"/users/{users[0]}/suspend", "report": f"/users/{users[1]}/offboarding",
      "trash": "/trash", "entry": f"/trash/{entry}", "gentry": f"/trash/{gentry}", "erase": f"/trash/{entry}/erase", "general": f"/applications/{apps[0]}", "users": "/users", "nohit": "/users?search=zzz"}
    bad = {}
    for theme, size in (("light", W), ("dark", W), ("light", N), ("dark", N)):
        page = signed_in(color_scheme=theme, viewport=size)
        for name, path in pages.items():
            page.goto(path)
            page.screenshot(path=f"/tmp/l-shots/{name}-{theme}-{size['width']}.png", full_page=True)
            if f := findings(page): bad[(name, theme, size["width"])] = f
            if page.evaluate("document.documentElement.scrollWidth") > size["width"]: bad[(name, theme, size["width"], "wide")] = 1
    page = signed_in(color_scheme="light", viewport=W)
    page.emulate_media(media="print")
    page.goto(pages["report"])
    page.screenshot(path="/tmp/l-shots/report-print.png", full_page=True)
    assert bad == {}
