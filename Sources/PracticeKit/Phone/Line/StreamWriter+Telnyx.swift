internal import Wording

// The same in Telnyx's words.
extension StreamWriter {
    /// Who calls whom: Telnyx says it in `start`.
    public struct Parties: Hashable, Sendable {
        public let from: String
        public let to: String

        public init(from: String, to: String) {
            self.from = from
            self.to = to
        }
    }

    mutating func telnyxStart(
        _ codec: PhoneDialect.Codec, _ parties: Parties?, _ parameters: [CallInstruction.Stream.Parameter]
    ) -> String {
        let identity = identity
        return numbered("start") { json in
            json.key("start")
            json.object {
                $0.member("user_id", identity.account)
                $0.member("call_control_id", identity.call)
                $0.member("call_session_id", identity.call)
                if let parties {
                    $0.member("from", parties.from)
                    $0.member("to", parties.to)
                }
                $0.key("tags")
                $0.array { _ in }
                $0.key("custom_parameters")
                $0.object { for parameter in parameters { $0.member(parameter.name, parameter.value) } }
                $0.key("media_format")
                $0.object {
                    $0.member("encoding", codec.telnyxName)
                    $0.key("sample_rate")
                    $0.integer(codec == .opus ? OpusCoder.promisedRate : 8_000)
                    $0.key("channels")
                    $0.integer(1)
                }
            }
        }
    }

    mutating func telnyxStop() -> String {
        let identity = identity
        return numbered("stop") { json in
            json.key("stop")
            json.object {
                $0.member("user_id", identity.account)
                $0.member("call_control_id", identity.call)
            }
        }
    }
}

extension PhoneDialect.Codec {
    fileprivate var telnyxName: String {
        switch self {
        case .muLaw: "PCMU"
        case .aLaw: "PCMA"
        case .opus: "OPUS"
        }
    }
}
