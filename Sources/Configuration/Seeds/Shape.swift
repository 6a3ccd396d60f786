internal import Wording

/// What a piece of JSON must look like.
indirect enum Shape: Sendable {
    /// Text that passes the check; `expected` ends the sentence "…: expected".
    case text(expected: String, isFit: @Sendable (String) -> Bool)
    case number(ClosedRange<Double>)
    case whole(ClosedRange<Int64>)
    case flag
    /// An object whose content is somebody else's matter, such as a JSON schema.
    case anyObject
    case textMap
    case list(Shape)
    case object([Member])

    struct Member: Sendable {
        let name: String
        let shape: Shape
        let isRequired: Bool

        init(_ name: String, _ shape: Shape, isRequired: Bool = false) {
            self.name = name
            self.shape = shape
            self.isRequired = isRequired
        }
    }

    static let anyText = text(expected: "text") { _ in true }

    static func word(_ words: String...) -> Shape {
        let names = words.map { "\"\($0)\"" }
        return text(expected: names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")) {
            words.contains($0)
        }
    }

    var expected: String {
        switch self {
        case .text(let expected, _): expected
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .whole(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .flag: "true or false"
        case .anyObject, .object: "an object"
        case .textMap: "an object of texts"
        case .list: "a list"
        }
    }

    /// Null stands for "not given", as everywhere in the file.
    func check(_ node: JSON5Node, at path: String) throws(Unfit) {
        switch (self, node.value) {
        case (.text(_, let isFit), .string(let text)) where isFit(text): break
        case (.number(let range), .integer(let number)) where range.contains(Double(number)): break
        case (.number(let range), .number(let number)) where range.contains(number): break
        case (.whole(let range), .integer(let number)) where range.contains(number): break
        case (.flag, .bool): break
        case (.anyObject, .object): try Self.refuseNonFinite(in: node, at: path)
        case (.textMap, .object(let members)):
            for member in members { try Self.anyText.check(member.node, at: "\(path).\(member.name)") }
        case (.list(let element), .array(let nodes)):
            for (index, node) in nodes.enumerated() { try element.check(node, at: "\(path)[\(index)]") }
        case (.object(let known), .object(let given)):
            try Self.check(given, against: known, at: path, position: node.position)
        default:
            throw .at(node.position, "'\(path)' cannot be \(node.shown): expected \(expected)")
        }
    }

    private static func check(
        _ given: [JSON5Node.Member], against known: [Member], at path: String, position: SourcePosition
    ) throws(Unfit) {
        for member in given {
            guard let shape = known.first(where: { $0.name == member.name })?.shape else {
                let name = VisibleText.escaping(member.name, limit: 64)
                let hint = NearMiss.hint(for: member.name, among: known.map(\.name))
                throw .at(member.namePosition, "'\(path)' has no key '\(name)'\(hint)")
            }
            if member.node.value != .null { try shape.check(member.node, at: "\(path).\(member.name)") }
        }
        for member in known where member.isRequired {
            guard given.contains(where: { $0.name == member.name && $0.node.value != .null }) else {
                throw .at(position, "'\(path)' has no '\(member.name)': expected \(member.shape.expected)")
            }
        }
    }

    /// JSON has no infinity, so it could not be handed on.
    private static func refuseNonFinite(in node: JSON5Node, at path: String) throws(Unfit) {
        switch node.value {
        case .number(let number) where !number.isFinite:
            throw .at(node.position, "'\(path)' cannot hold \(node.shown): JSON does not know it")
        case .array(let nodes):
            for node in nodes { try refuseNonFinite(in: node, at: path) }
        case .object(let members):
            for member in members { try refuseNonFinite(in: member.node, at: "\(path).\(member.name)") }
        case .null, .bool, .integer, .number, .string:
            break
        }
    }
}

extension Unfit {
    static func at(_ position: SourcePosition, _ statement: String) -> Unfit {
        Unfit(expected: "", position: position, statement: statement)
    }
}
