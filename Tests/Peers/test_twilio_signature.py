"""Twilio's own validator takes what we sign, and we take what it signs; neither takes what was changed since."""

import random
from urllib.parse import quote, urlencode

from twilio.request_validator import RequestValidator

from twilio_peer import ask

COUNT = 10_000
TOKEN = "patchbay_test_auth_token_0001"
VALIDATOR = RequestValidator(TOKEN)
ALPHABET = (
    [chr(code) for code in range(32, 127)] * 3 + list("äöüßéñçø  \t\r\n\0") + list("中文日本語한국어Привет")
    + list("👋🎧𝒳") + ["e\u0301", "\u00a0", "\ufffd", "\ufeff", "\u200d"])


class Fields(dict):
    """A form with repeated names, in the shape that the validator knows from web frameworks."""

    def getlist(self, name):
        return self[name]


class Request:
    """A random request, and the URL that Twilio would sign."""

    def __init__(self, seed):
        choose = self.choose = random.Random(seed)
        self.kind = choose.choices(["form", "body", "get", "upgrade"], [7, 1, 1, 1])[0]
        secure = choose.random() < 0.8
        scheme = ("wss" if secure else "ws") if self.kind == "upgrade" else ("https" if secure else "http")
        host = choose.choice(["pb.example.com", "a.b", "xn--bcher-kva.example", "localhost"])
        port = choose.choice(["", "", f":{choose.randint(1, 65535)}"])
        self.origin = f"{scheme}://{host}{port}"
        self.target = "/" + "/".join(quote(self.text(8), safe="") for _ in range(choose.randint(1, 3)))
        self.pairs, self.body = [], ""
        query = []
        if self.kind != "upgrade" and choose.random() < 0.5:
            query = [(self.text(6) or "n", self.text(12)) for _ in range(choose.randint(1, 4))]
        if self.kind == "form":
            names = [self.text(12) or "n" for _ in range(choose.randint(0, 12))]
            self.pairs = [(choose.choice(names), self.text(30)) for _ in range(2 * len(names))]
            self.body = urlencode(self.pairs)
        elif self.kind == "body":
            self.body = self.text(200)
            query.insert(choose.randint(0, len(query)), ("bodySHA256", VALIDATOR.compute_hash(self.body)))
        if query:
            self.target += "?" + urlencode(query)
        # Twilio leaves the port out, or keeps it, or names the default one.
        default = ":443" if secure else ":80"
        signed = choose.choice(["", port or default])
        self.signed_url = f"{scheme}://{host}{signed}{self.target}"

    def text(self, longest):
        return "".join(self.choose.choices(ALPHABET, k=self.choose.randint(0, longest)))

    def fields(self, pairs=None):
        fields = Fields()
        for name, value in self.pairs if pairs is None else pairs:
            fields.setdefault(name, []).append(value)
        return fields

    def order(self, what, **more):
        return {"do": what, "kind": self.kind, "origin": self.origin, "target": self.target, "body": self.body,
                "token": TOKEN, **more}


REQUESTS = [Request(seed) for seed in range(COUNT)]


def theirs(request):
    return VALIDATOR.compute_signature(request.signed_url, request.fields())


def test_what_they_sign_we_take():
    answers = ask([request.order("check", signature=theirs(request)) for request in REQUESTS])
    wrong = [(vars(request), answer) for request, answer in zip(REQUESTS, answers) if answer["problem"]]
    assert not wrong, wrong[0]


def changed(request):
    """The order to check the request with one thing changed since it was signed."""
    order = request.order("check", signature=theirs(request))
    choose = random.Random(repr(order))
    what = choose.choice(["signature", "target", "token", "origin"] + ["body"] * 4 * (request.kind in ("form", "body")))
    if what == "signature":
        place = choose.randrange(26)
        letter = "A" if order[what][place] != "A" else "B"
        order[what] = order[what][:place] + letter + order[what][place + 1:]
    elif what == "body" and request.pairs and choose.random() < 0.5:
        place = choose.randrange(len(request.pairs))
        pairs = list(request.pairs)
        pairs[place] = (pairs[place][0], pairs[place][1] + choose.choice(ALPHABET))
        order[what] = urlencode(pairs)
    elif what == "origin":
        order[what] = request.origin.replace("://", "://x", 1)
    else:
        order[what] += {"body": "&x=" if request.kind == "form" else " ", "target": "x", "token": " "}[what]
    return order


def test_what_was_changed_we_refuse():
    orders = [changed(request) for request in REQUESTS]
    wrong = [order for order, answer in zip(orders, ask(orders)) if answer["problem"] not in (
        "carrier.signature_wrong", "carrier.body_digest_wrong")]
    assert not wrong, wrong[0]


def test_what_we_sign_they_take_and_nothing_else():
    answers = ask([{"do": "sign", "url": request.signed_url, "token": TOKEN,
                    "body": request.body if request.kind == "form" else ""} for request in REQUESTS])
    for request, answer in zip(REQUESTS, answers):
        assert answer["signature"] == theirs(request), vars(request)
        if request.kind == "upgrade":
            continue  # Their validator gives wss the port 80; the signature alone was compared.
        content = request.body if request.kind == "body" else request.fields()
        assert VALIDATOR.validate(request.signed_url, content, answer["signature"]), vars(request)
        assert not VALIDATOR.validate(request.signed_url + "x", content, answer["signature"]), vars(request)
