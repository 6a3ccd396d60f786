internal import JSONWire

/// One value of a client event, under the path that the service's errors name it by: `session.audio.input.format`.
struct Parameter {
    let path: String
    let value: JSONValue

    var isNull: Bool { value == .null }

    func string() throws(VendorError) -> String {
        guard case .string(let text) = value else {
            throw .wrongType(path, expected: "a string", found: value.kind)
        }
        return text
    }

    func string(of supported: [String]) throws(VendorError) -> String {
        let text = try string()
        guard supported.contains(text) else { throw .invalid(path, text, supported: supported) }
        return text
    }

    func bool() throws(VendorError) -> Bool {
        guard case .bool(let bool) = value else {
            throw .wrongType(path, expected: "a boolean", found: value.kind)
        }
        return bool
    }

    func integer(in range: ClosedRange<Int64>) throws(VendorError) -> Int64 {
        guard case .number(let number) = value, let integer = number.integer else {
            throw .wrongType(path, expected: "an integer", found: value.kind)
        }
        guard integer >= range.lowerBound else {
            throw VendorError(
                code: "integer_below_min_value",
                message:
                    "Invalid '\(path)': integer below minimum value. Expected a value >= \(range.lowerBound), but got "
                    + "\(integer) instead.",
                param: path)
        }
        guard integer <= range.upperBound else {
            throw VendorError(
                code: "integer_above_max_value",
                message:
                    "Invalid '\(path)': integer above maximum value. Expected a value <= \(range.upperBound), but got "
                    + "\(integer) instead.",
                param: path)
        }
        return integer
    }

    func number(in range: ClosedRange<Double>) throws(VendorError) -> Double {
        guard case .number(let number) = value, let double = number.double else {
            throw .wrongType(path, expected: "a number", found: value.kind)
        }
        guard range.contains(double) else {
            let isBelow = double < range.lowerBound
            throw VendorError(
                code: isBelow ? "decimal_below_min_value" : "decimal_above_max_value",
                message:
                    "Invalid '\(path)': decimal \(isBelow ? "below minimum" : "above maximum") value. Expected a value "
                    + "\(isBelow ? ">= \(range.lowerBound)" : "<= \(range.upperBound)"), but got \(number.text) instead.",
                param: path)
        }
        return double
    }

    func array() throws(VendorError) -> [Parameter] {
        guard case .array(let elements) = value else {
            throw .wrongType(path, expected: "an array", found: value.kind)
        }
        return elements.enumerated().map { Parameter(path: "\(path)[\($0.offset)]", value: $0.element) }
    }

    /// An object with no other members than these.
    func object(of names: [String]) throws(VendorError) -> ParameterObject {
        guard case .object(let object) = value else {
            throw .wrongType(path, expected: "an object", found: value.kind)
        }
        for member in object.members where !names.contains(member.name) {
            throw .unknown(ParameterObject.path(path, member.name))
        }
        return ParameterObject(path: path, object: object)
    }
}

/// An object whose members are looked up under their path.
struct ParameterObject {
    /// Empty for the event itself.
    let path: String
    let object: JSONObject

    /// Nil where the member is absent, which is not the same as null.
    subscript(name: String) -> Parameter? {
        object[name].map { Parameter(path: Self.path(path, name), value: $0) }
    }

    /// Nil where the member is absent or null.
    func present(_ name: String) -> Parameter? {
        self[name].flatMap { $0.isNull ? nil : $0 }
    }

    func required(_ name: String) throws(VendorError) -> Parameter {
        guard let parameter = self[name] else { throw .missing(Self.path(path, name)) }
        return parameter
    }

    static func path(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }
}
