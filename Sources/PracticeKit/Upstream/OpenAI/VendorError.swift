internal import JSONWire

/// What the real service says of a client event that it cannot follow. Nearly always the session goes on.
struct VendorError: Error, Hashable {
    var type = "invalid_request_error"
    var code: String?
    var message: String
    var param: String?

    /// As the `error` member of an event and as the body of a refused upgrade have it.
    func json(answering eventID: String? = nil) -> JSONValue {
        [
            "type": .string(type), "code": .optional(code), "message": .string(message), "param": .optional(param),
            "event_id": .optional(eventID),
        ]
    }

    static func missing(_ path: String) -> VendorError {
        VendorError(
            code: "missing_required_parameter", message: "Missing required parameter: '\(path)'.", param: path)
    }

    static func unknown(_ path: String) -> VendorError {
        VendorError(code: "unknown_parameter", message: "Unknown parameter: '\(path)'.", param: path)
    }

    static func invalid(_ path: String, _ found: String, supported: [String]) -> VendorError {
        let quoted = supported.map { "'\($0)'" }
        let list = quoted.count > 1 ? "\(quoted.dropLast().joined(separator: ", ")), and \(quoted.last!)" : quoted[0]
        return VendorError(
            code: "invalid_value", message: "Invalid value: '\(found)'. Supported values are: \(list).", param: path)
    }

    static func invalid(_ path: String, _ message: String) -> VendorError {
        VendorError(code: "invalid_value", message: message, param: path)
    }

    static func wrongType(_ path: String, expected: String, found: JSONKind) -> VendorError {
        let found =
            switch found {
            case .null: "null"
            case .bool: "a boolean"
            case .number: "a number"
            case .string: "a string"
            case .array: "an array"
            case .object: "an object"
            }
        return VendorError(
            code: "invalid_type",
            message: "Invalid type for '\(path)': expected \(expected), but got \(found) instead.",
            param: path)
    }
}
