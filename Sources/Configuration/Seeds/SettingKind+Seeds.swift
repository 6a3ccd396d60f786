internal import Wording

extension SettingKind<[Seed]> {
    static let agents = seeds(.agent, keyedBy: "id", called: "agents")
    static let numbers = seeds(.number, keyedBy: "number", called: "numbers")

    /// A list of objects of one shape, no two with the same key.
    private static func seeds(_ shape: Shape, keyedBy key: String, called name: String) -> SettingKind {
        let expected = "a list of objects, each with its \"\(key)\""
        return SettingKind(
            expected: expected,
            read: { (_) throws(Unfit) in throw Unfit(expected: expected) },
            readNode: { (node) throws(Unfit) in
                guard case .array(let nodes) = node.value else { throw Unfit(expected: expected) }
                var seeds: [Seed] = []
                for (index, node) in nodes.enumerated() {
                    try shape.check(node, at: "\(name)[\(index)]")
                    let seed = Seed(node, keyedBy: key)
                    if let twin = seeds.first(where: { $0.key == seed.key }) {
                        let statement = "'\(name)' has \"\(seed.key)\" twice, first in line \(twin.position.line)"
                        throw .at(node.position, statement)
                    }
                    seeds.append(seed)
                }
                return seeds
            },
            show: { seeds, json in
                json.array { json in
                    for seed in seeds { json.string(seed.key) }
                }
            })
    }
}

extension Seed {
    /// From a node whose shape was checked, so that its key is there and text.
    fileprivate init(_ node: JSON5Node, keyedBy key: String) {
        var json = JSONWriter()
        node.write(to: &json)
        self.json = json.text
        position = node.position
        guard case .object(let members) = node.value,
            case .string(let text) = members.first(where: { $0.name == key })?.node.value
        else {
            self.key = ""
            return
        }
        self.key = text
    }
}
