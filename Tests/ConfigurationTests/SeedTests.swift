import Configuration
import Foundation
import Testing

@Suite("Agents and numbers in the file")
struct SeedTests {
    private static let agent = """
        { id: 'default', upstream: 'openai', model: 'm', voice: 'v', instructions: 'i', first_message: 'f',
          language: 'en', protect_greeting: true, turn_detection: { type: 'server_vad', threshold: .5 },
          elevenlabs_agent_id: 'x', variables: {}, metadata: { a: [1, null] },
          tools: [ { name: 'get_slots', description: 'd', parameters: { type: 'object' },
                     url: 'https://crm.example.com/slots', method: 'POST', headers: { Authorization: 'secret:CRM_TOKEN' },
                     timeout_s: 10, attempts: 3, budget_s: 20, changes: false, failure_text: 't', redact: ['card'] } ],
          builtins: ['end_call', 'transfer_call', 'send_digits'], transfer_to: ['+15550003333'],
          allow_private_tools: false, fallback: { agent: 'backup', say: 's', transfer_to: '+15550003333' },
          recording: 'off', consent_message: 'c', transcript: 'on', limits: { max_call_s: 1800, calls: 50 } }
        """
    private static let number = """
        { number: '+15550002222', agent: 'default', canary: { agent: 'new', share: 0.05 }, label: 'l' }
        """

    @Test("Of the full shape are kept as JSON")
    func full() throws {
        let settings = try load(file: "{ agents: [\(Self.agent)], numbers: [\(Self.number)] }").settings
        #expect(settings.agents.map(\.key) == ["default"])
        #expect(settings.numbers.map(\.key) == ["+15550002222"])
        let agent = try #require(
            try JSONSerialization.jsonObject(with: Data(settings.agents[0].json.utf8)) as? [String: Any])
        #expect(agent.count == 21)
        #expect((agent["turn_detection"] as? [String: Any])?["threshold"] as? Double == 0.5)
        #expect(settings.numbers[0].json.contains(#""canary":{"agent":"new","share":0.05}"#))
    }

    @Test(
        "Of another shape are refused where they differ",
        arguments: [
            ("agents: {}", "11: 'agents' cannot be an object: expected a list of objects, each with its \"id\""),
            ("agents: [5]", "12: 'agents[0]' cannot be the number 5: expected an object"),
            (
                "agents: [{}]",
                "12: 'agents[0]' has no 'id': expected an id of letters, digits, '-', '_' and '.'"
            ),
            (
                "agents: [{ id: 'a b' }]",
                "18: 'agents[0].id' cannot be \"a b\": expected an id of letters, digits, '-', '_' and '.'"
            ),
            ("agents: [{ id: 'a', modle: 'x' }]", "23: 'agents[0]' has no key 'modle'; did you mean 'model'?"),
            (
                "agents: [{ id: 'a', upstream: 'other' }]",
                "33: 'agents[0].upstream' cannot be \"other\": expected \"openai\" or \"elevenlabs\""
            ),
            (
                "agents: [{ id: 'a', tools: [{ name: 'x', url: 'ftp://a' }] }]",
                "49: 'agents[0].tools[0].url' cannot be \"ftp://a\": expected a URL that begins with https:// or http://"
            ),
            (
                "agents: [{ id: 'a', tools: [{ name: 'x' }] }]",
                "31: 'agents[0].tools[0]' has no 'url': expected a URL that begins with https:// or http://"
            ),
            (
                "agents: [{ id: 'a', limits: { calls: 1.5 } }]",
                "40: 'agents[0].limits.calls' cannot be the number 1.5: expected a whole number from 0 to 1000000"
            ),
            (
                "agents: [{ id: 'a', metadata: { x: [NaN] } }]",
                "39: 'agents[0].metadata.x' cannot hold the number nan: JSON does not know it"
            ),
            (
                "agents: [{ id: 'a', turn_detection: 'x' }]",
                "39: 'agents[0].turn_detection' cannot be \"x\": expected an object"
            ),
            (
                "agents: [{ id: 'a' }, { id: 'a' }]",
                "25: 'agents' has \"a\" twice, first in line 1"
            ),
            (
                "numbers: [{ number: '5550100' }]",
                "23: 'numbers[0].number' cannot be \"5550100\": expected a phone number such as \"+15550002222\""
            ),
            (
                "numbers: [{ number: '+15550002222', canary: { agent: 'b', share: 2 } }]",
                "68: 'numbers[0].canary.share' cannot be the number 2: expected a number from 0.0 to 1.0"
            ),
            (
                "numbers: [{ number: '+15550002222', canary: {} }]",
                "47: 'numbers[0].canary' has no 'agent': expected an id of letters, digits, '-', '_' and '.'"
            ),
        ])
    func refused(content: String, problem: String) {
        #expect(failure { try load(file: "{ \(content) }") } == "patchbay.json5:1:\(problem)")
    }

    @Test("Null is as if a key were not there")
    func null() throws {
        #expect(try load(file: "{ agents: [{ id: 'a', model: null, tools: null }] }").settings.agents.count == 1)
        #expect(failure { try load(file: "{ agents: [{ id: null }] }") } != nil)
    }
}
