/// Colour for people on a terminal, and none anywhere else.
public struct TerminalStyle: Hashable, Sendable {
    public enum Colour: Int, Sendable {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case cyan = 36
    }

    public static let plain = TerminalStyle(isColoured: false)

    public let isColoured: Bool

    private init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    /// `environment` gives a variable's value; `NO_COLOR` counts unless it is empty, and so does `TERM=dumb`.
    public init(isTerminal: Bool, environment: (String) -> String?) {
        isColoured = isTerminal && (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
    }

    public func paint(_ text: String, _ colour: Colour) -> String {
        isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }
}
