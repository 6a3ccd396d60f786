internal import JSONWire

/// How the service finds out that the caller speaks and has finished.
struct TurnDetection: Hashable {
    enum Kind: String {
        case server = "server_vad"
        case semantic = "semantic_vad"
    }

    static let names = [
        "type", "threshold", "prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms", "eagerness",
        "create_response", "interrupt_response",
    ]

    var kind = Kind.server
    var threshold = 0.5
    var prefixPadding = 300
    /// As a fresh session has it, not as the field's text says.
    var silenceDuration = 200
    var idleTimeout: Int?
    var eagerness = "auto"
    var createsResponse = true
    var interruptsResponse = true

    init() {}

    init(_ parameter: Parameter) throws(VendorError) {
        let object = try parameter.object(of: Self.names)
        kind = Kind(rawValue: try object.required("type").string(of: ["server_vad", "semantic_vad"])) ?? .server
        let foreign =
            switch kind {
            case .server: ["eagerness"]
            case .semantic: ["threshold", "prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms"]
            }
        for name in foreign where object.present(name) != nil {
            throw .unknown("\(parameter.path).\(name)")
        }
        silenceDuration = 500
        if let value = object.present("threshold") { threshold = try value.number(in: 0...1) }
        if let value = object.present("prefix_padding_ms") { prefixPadding = Int(try value.integer(in: 0...5_000)) }
        if let value = object.present("silence_duration_ms") {
            silenceDuration = Int(try value.integer(in: 0...10_000))
        }
        if let value = object.present("idle_timeout_ms") { idleTimeout = Int(try value.integer(in: 5_000...30_000)) }
        if let value = object.present("eagerness") {
            eagerness = try value.string(of: ["low", "medium", "high", "auto"])
        }
        if let value = object.present("create_response") { createsResponse = try value.bool() }
        if let value = object.present("interrupt_response") { interruptsResponse = try value.bool() }
    }

    /// How long the caller must be silent. A practice agent understands no meaning: the more eager, the sooner.
    var silence: Int {
        switch (kind, eagerness) {
        case (.server, _): silenceDuration
        case (.semantic, "high"): 300
        case (.semantic, "low"): 1_200
        case (.semantic, _): 600
        }
    }

    var json: JSONValue {
        switch kind {
        case .server:
            [
                "type": "server_vad", "threshold": .double(threshold), "prefix_padding_ms": .integer(prefixPadding),
                "silence_duration_ms": .integer(silenceDuration),
                "idle_timeout_ms": idleTimeout.map { .integer($0) } ?? .null,
                "create_response": .bool(createsResponse), "interrupt_response": .bool(interruptsResponse),
            ]
        case .semantic:
            [
                "type": "semantic_vad", "eagerness": .string(eagerness), "create_response": .bool(createsResponse),
                "interrupt_response": .bool(interruptsResponse),
            ]
        }
    }
}
