"""Agents and numbers over the API: what may be said of them, who may say it, and that the next call hears of it."""

import time

import pytest

from program import Bridge, eventually

SALES = {"id": "sales", "instructions": "Sell.", "first_message": "Sales, hello."}


def names(home, path):
    return [item.get("id") or item["number"] for item in home.api(path)[1]["items"]]


def agent_of(home, call, **changes):
    """The agent that the carrier is told to connect a call to."""
    return home.voice(call, **changes)[0].get("agent")


def sid(number):
    return f"CA{number:032x}"


def test_an_agent_is_created_read_changed_and_deleted(house):
    home = house(carrier=True, practice=False)
    assert names(home, "/v1/agents") == ["default"]
    status, agent = home.api("/v1/agents", "POST", SALES)
    assert status == 201 and SALES.items() <= agent.items()
    assert home.api("/v1/agents/sales") == (200, agent)
    assert home.api("/v1/agents/sales", "PATCH", {"voice": "cedar", "limits": {"calls": 5}})[0] == 200
    status, agent = home.api("/v1/agents/sales", "PATCH", {"first_message": None})
    assert agent["voice"] == "cedar" and agent["limits"] == {"calls": 5} and "first_message" not in agent
    status, agent = home.api("/v1/agents/sales", "PUT", {"instructions": "Sell more."})
    assert status == 200 and agent["instructions"] == "Sell more." and "voice" not in agent
    assert home.api("/v1/agents/sales", "DELETE") == (204, None)
    assert home.api("/v1/agents/sales")[0] == 404


def test_a_number_is_created_read_changed_and_deleted(house):
    home = house(carrier=True, practice=False)
    home.api("/v1/agents", "POST", SALES)
    number = {"number": "+15550002222", "agent": "sales", "label": "Shop"}
    assert home.api("/v1/numbers", "POST", number) == (201, number)
    for path in ("/v1/numbers/+15550002222", "/v1/numbers/%2B15550002222", "/v1/numbers/15550002222"):
        assert home.api(path) == (200, number)
    canary = {"agent": "default", "share": 0.25}
    assert home.api("/v1/numbers/+15550002222", "PATCH", {"canary": canary})[1]["canary"] == canary
    assert home.api("/v1/numbers/+15550002222", "PUT", {"agent": "default"}) == (
        200, {"number": "+15550002222", "agent": "default"})
    assert home.api("/v1/numbers/+15550002222", "DELETE") == (204, None)
    assert home.api("/v1/numbers/+15550002222")[0] == 404


WRONG = [
    ("POST", "agents", {}, 422, "id"), ("POST", "agents", {"id": "a b"}, 422, "id"),
    ("POST", "agents", {"id": "default"}, 409, "id"),
    ("POST", "agents", {"id": "a", "upstream": "other"}, 422, "upstream"),
    ("POST", "agents", {"id": "a", "voise": "cedar"}, 422, "voise"),
    ("POST", "agents", {"id": "a", "transfer_to": ["911"]}, 422, "transfer_to"),
    ("POST", "agents", {"id": "a", "fallback": {"agent": "gone"}}, 422, "fallback.agent"),
    ("POST", "agents", {"id": "a", "tools": [{"name": "t", "url": "ftp://x"}]}, 422, "tools[0].url"),
    ("POST", "agents", "[]", 422, None), ("POST", "agents", "{", 400, None), ("POST", "agents", "", 400, None),
    ("POST", "agents", '{"id":"a","instructions":"' + "x" * (1 << 20) + '"}', 413, None),
    ("PATCH", "agents/default", {"id": "other"}, 422, "id"), ("PATCH", "agents/gone", {}, 404, None),
    ("PUT", "agents/gone", {}, 404, None), ("DELETE", "agents/gone", None, 404, None),
    ("POST", "numbers", {"number": "5550002222"}, 422, "number"), ("POST", "numbers", {}, 422, "number"),
    ("POST", "numbers", {"number": "+15550002222", "agent": "gone"}, 422, "agent"),
    ("POST", "numbers", {"number": "+15550002222", "canary": {"agent": "default", "share": 2}}, 422, "canary.share"),
    ("PATCH", "numbers/+15550002222", {}, 404, None), ("DELETE", "numbers/+15550002222", None, 404, None),
    ("POST", "agents/default", {}, 405, None),
]


def test_what_cannot_be_is_a_problem_that_names_the_field(house):
    home = house(carrier=True, practice=False)
    for method, path, body, status, field in WRONG:
        answer, problem = home.api(f"/v1/{path}", method, body)
        assert (answer, problem["status"], problem.get("field")) == (status, status, field), (method, path, problem)
        assert problem["detail"] and problem["code"] and problem["request_id"]
    assert names(home, "/v1/agents") == ["default"] and names(home, "/v1/numbers") == []


def test_twins_are_conflicts_and_an_agent_that_is_named_stays(house):
    home = house(carrier=True, practice=False)
    home.api("/v1/agents", "POST", SALES)
    home.api("/v1/numbers", "POST", {"number": "+15550002222", "agent": "sales"})
    assert home.api("/v1/agents", "POST", SALES)[0] == 409
    assert home.api("/v1/numbers", "POST", {"number": "+15550002222"})[0] == 409
    status, problem = home.api("/v1/agents/sales", "DELETE")
    assert (status, problem["code"]) == (409, "agent.in_use") and "+15550002222" in problem["detail"]
    home.api("/v1/numbers/+15550002222", "DELETE")
    assert home.api("/v1/agents/sales", "DELETE")[0] == 204


def test_lists_are_pages_that_a_cursor_joins(house):
    home = house(carrier=True, practice=False)
    for number in range(5):
        assert home.api("/v1/agents", "POST", {"id": f"a{number}"})[0] == 201
        assert home.api("/v1/numbers", "POST", {"number": f"+1555000000{number}"})[0] == 201
    for path, expected in (("agents", [*(f"a{n}" for n in range(5)), "default"]),
                           ("numbers", [f"+1555000000{n}" for n in range(5)])):
        seen, cursor = [], ""
        while cursor is not None:
            page = home.api(f"/v1/{path}?limit=2&cursor={cursor.replace('+', '%2B')}")[1]
            assert 1 <= len(page["items"]) <= 2
            seen += [item.get("id") or item["number"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert seen == expected
    assert home.api("/v1/agents?limit=0")[1]["field"] == "limit"


def test_only_who_may_write_changes_anything(house):
    home = house(carrier=True, practice=False)
    home.environment["PATCHBAY_API_TOKEN"] = "read:reader,writer"
    home.crash()
    home.restart()
    for method, path in (("POST", "agents"), ("PUT", "agents/default"), ("PATCH", "agents/default"),
                         ("DELETE", "agents/default"), ("POST", "numbers"), ("DELETE", "numbers/+15550002222")):
        assert home.api(f"/v1/{path}", method, {}, token="nobody")[0] == 401
        assert home.api(f"/v1/{path}", method, {}, token="reader")[0] == 403
    assert home.api("/v1/agents", token="reader")[0] == 200
    assert home.api("/v1/agents", "POST", SALES, token="writer")[0] == 201


def test_a_secret_is_named_and_never_shown(house):
    tool = {"name": "slots", "url": "https://crm.example/slots", "headers": {"Authorization": "secret:CRM_TOKEN"}}
    home = house(carrier=True, practice=False, CRM_TOKEN="what-nobody-may-see")
    status, agent = home.api("/v1/agents", "POST", SALES | {"tools": [tool]})
    assert status == 201
    for shown in (agent, home.api("/v1/agents/sales")[1], home.api("/v1/agents")[1]["items"][1]):
        assert shown["tools"][0]["headers"] == {"Authorization": "secret:CRM_TOKEN"}
    assert "what-nobody-may-see" not in home.bridge.errors()


# Calls.

def test_the_next_call_is_answered_as_was_said_a_moment_ago(house):
    home = house(carrier=True)
    assert agent_of(home, sid(1)) == "default"
    home.api("/v1/agents", "POST", SALES)
    home.api("/v1/numbers", "POST", {"number": "+15550002222", "agent": "sales"})
    assert agent_of(home, sid(2)) == "sales"
    assert agent_of(home, sid(3), To="+15550004444") == "default"
    home.api("/v1/numbers/+15550002222", "PATCH", {"agent": "default"})
    assert agent_of(home, sid(4)) == "default"


def test_a_call_that_is_up_and_one_that_rings_keep_their_agent(house):
    home = house(carrier=True)
    home.api("/v1/agents", "POST", SALES)
    home.api("/v1/numbers", "POST", {"number": "+15550002222", "agent": "sales"})
    up, ringing = home.phone(), home.phone()
    up.begin(**home.voice(up.call)[0]).hear_agent()
    parameters, _ = home.voice(ringing.call)
    home.api("/v1/numbers/+15550002222", "DELETE")
    assert home.api("/v1/agents/sales", "DELETE")[0] == 204
    ringing.begin(**parameters).hear_agent()
    assert not up.listen(lambda message: False, within=0.3) and up.code is None
    for phone in (up, ringing):
        assert home.record(phone.call)["agent"] == "sales"
    assert agent_of(home, sid(9)) == "default"


def test_a_canary_takes_its_share_and_a_call_has_the_same_agent_however_often_it_is_asked(house):
    home = house(carrier=True, PATCHBAY_CALLS_PER_CALLER=0)
    home.api("/v1/agents", "POST", SALES)
    home.api("/v1/numbers", "POST",
             {"number": "+15550002222", "agent": "default", "canary": {"agent": "sales", "share": 0.5}})
    agents = [agent_of(home, sid(number)) for number in range(60)]
    assert 12 <= agents.count("sales") <= 48
    assert [agent_of(home, sid(number)) for number in range(60)] == agents


# Several nodes, and starts.

def test_nodes_of_one_store_hear_of_it_within_seconds(house, start):
    home = house(carrier=True)
    other = start(Bridge, folder=home.folder, **home.environment)
    home.api("/v1/agents", "POST", SALES)
    home.api("/v1/numbers", "POST", {"number": "+15550002222", "agent": "sales"})
    assert home.api("/v1/agents/sales", bridge=other)[0] == 200, "reading asks the store"
    began = time.monotonic()
    home.bridge, first = other, home.bridge
    assert eventually(lambda: agent_of(home, sid(int(time.monotonic() * 1e6))) == "sales", within=3, every=0.1)
    assert time.monotonic() - began < 2
    home.bridge = first


def test_agents_and_numbers_outlive_their_node(house):
    home = house(carrier=True)
    home.api("/v1/agents", "POST", SALES)
    home.api("/v1/numbers", "POST", {"number": "+15550002222", "agent": "sales"})
    home.crash()
    home.restart()
    assert names(home, "/v1/agents") == ["default", "sales"]
    assert agent_of(home, sid(1)) == "sales"


def test_the_file_seeds_and_counts_again_only_where_it_says_something_new(house):
    file = [{"id": "sales", "voice": "cedar"}, {"id": "help"}]
    home = house(carrier=True, agents=file, numbers=[{"number": "+15550002222", "agent": "sales"}])
    assert agent_of(home, sid(1)) == "sales"
    home.api("/v1/agents/sales", "PATCH", {"voice": "marin"})
    home.api("/v1/numbers/+15550002222", "PATCH", {"agent": "help"})
    home.crash()
    home.restart()
    assert home.api("/v1/agents/sales")[1]["voice"] == "marin" and agent_of(home, sid(2)) == "help"
    home.crash()
    text = (home.folder / "patchbay.json5").read_text()
    (home.folder / "patchbay.json5").write_text(text.replace("cedar", "ash"))
    home.restart()
    assert home.api("/v1/agents/sales")[1]["voice"] == "ash" and agent_of(home, sid(3)) == "help"


@pytest.mark.parametrize("agents", [None, [{"id": "sales"}]])
def test_with_neither_agents_nor_numbers_one_agent_answers_everything(agents, house):
    home = house(carrier=True, agents=agents)
    assert agent_of(home, sid(1), To="+4930123456") == (agents[0]["id"] if agents else "default")
