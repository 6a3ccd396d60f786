internal import Wording

/// One thing that can be set: its names, how it is read, checked and shown. Declared once, in `Setting+All.swift`.
public struct Setting: Sendable {
    /// In the file, sections before a dot: `limits.calls`.
    public let key: String
    /// Nil when only the file can give it.
    public let environment: String?
    public let help: String
    /// Never shown, and readable from the file that `NAME_FILE` names.
    public let isSecret: Bool
    /// What a fitting value looks like.
    public let expected: String

    let read: @Sendable (String, inout Settings) throws(Unfit) -> Void
    let readNode: @Sendable (JSON5Node, inout Settings) throws(Unfit) -> Void
    /// As JSON; null when nothing is set. Secrets are shown masked.
    let show: @Sendable (Settings, inout JSONWriter) -> Void

    /// A setting that always has a value.
    init<Value>(
        _ key: String, _ path: any WritableKeyPath<Settings, Value> & Sendable, _ kind: SettingKind<Value>,
        env environment: String? = nil, secret isSecret: Bool = false, _ help: String
    ) {
        self.key = key
        self.environment = environment
        self.help = help
        self.isSecret = isSecret
        expected = kind.expected
        read = { (text, settings) throws(Unfit) in settings[keyPath: path] = try kind.read(text) }
        readNode = { (node, settings) throws(Unfit) in settings[keyPath: path] = try kind.readNode(node) }
        show = { settings, json in kind.show(settings[keyPath: path], &json) }
    }

    /// A setting that may be left without a value.
    init<Value>(
        _ key: String, _ path: any WritableKeyPath<Settings, Value?> & Sendable, _ kind: SettingKind<Value>,
        env environment: String? = nil, secret isSecret: Bool = false, _ help: String
    ) {
        self.init(key, path, kind.optional, env: environment, secret: isSecret, help)
    }

    /// The variable that names a file with the secret in it.
    public var environmentFile: String? {
        isSecret ? environment.map { "\($0)_FILE" } : nil
    }

    /// Nil for what stands outside every section.
    var section: String? {
        key.firstIndex(of: ".").map { String(key[..<$0]) }
    }

    /// The key without its section.
    var name: String {
        key.firstIndex(of: ".").map { String(key[key.index(after: $0)...]) } ?? key
    }

    func shown(in settings: Settings) -> String {
        var json = JSONWriter()
        show(settings, &json)
        return json.text
    }
}
