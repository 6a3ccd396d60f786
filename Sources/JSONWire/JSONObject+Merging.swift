extension JSONObject {
    /// With what a merge patch (RFC 7396) says: its null takes a member away, its objects go into ours member by member,
    /// everything else of it takes a member's place.
    public func merging(_ patch: JSONObject) -> JSONObject {
        var members = members.filter { patch[$0.name] != .null }
        for change in patch.members where change.value != .null {
            let place = members.firstIndex { $0.name.utf8.elementsEqual(change.name.utf8) }
            let merged = Member(name: change.name, value: Self.merged(place.map { members[$0].value }, change.value))
            if let place { members[place] = merged } else { members.append(merged) }
        }
        return JSONObject(members)
    }

    private static func merged(_ old: JSONValue?, _ new: JSONValue) -> JSONValue {
        guard case .object(let patch) = new else { return new }
        guard case .object(let object)? = old else { return .object(JSONObject().merging(patch)) }
        return .object(object.merging(patch))
    }
}
