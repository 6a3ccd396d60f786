extension WebURL {
    /// What a Location header or a link means when it was found here (RFC 3986 section 5.2), without its fragment. It may
    /// be a whole URL, or leave out the scheme, the host, or the beginning of the path.
    public func resolving(_ reference: some StringProtocol) throws(Problem) -> WebURL {
        let text = reference.prefix { $0 != "#" }
        if Self.hasScheme(text) { return try WebURL(String(text)) }
        let origin = "\(scheme.rawValue)://\(authority)"
        if text.hasPrefix("//") { return try WebURL("\(scheme.rawValue):\(text)") }
        if text.isEmpty { return self }
        if text.hasPrefix("?") { return try WebURL("\(origin)\(path)\(text)") }
        let place = text.prefix { $0 != "?" }
        let directory = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        let whole = place.hasPrefix("/") ? String(place) : directory + String(place)
        return try WebURL("\(origin)\(Self.withoutDots(whole))\(text[place.endIndex...])")
    }

    /// A colon before the first slash or question mark ends a scheme: `mailto:x` is no path.
    private static func hasScheme(_ text: some StringProtocol) -> Bool {
        guard let end = text.firstIndex(where: { ":/?".contains($0) }), text[end] == ":" else { return false }
        let name = text[..<end].utf8
        return name.first.map { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") } ?? false
    }

    /// `.` is the directory itself, `..` the one above; above the root there is nothing.
    private static func withoutDots(_ path: String) -> String {
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var kept: [Substring] = []
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            switch part {
            case ".": if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(part)
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}
