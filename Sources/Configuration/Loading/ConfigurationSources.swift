/// Where settings come from, as values and closures, so that a test needs neither disk nor environment.
public struct ConfigurationSources: Sendable {
    /// A flag of the command line that sets something.
    public struct Flag: Hashable, Sendable {
        /// As it was typed: `--listen`.
        public let name: String
        /// The setting's key.
        public let key: String
        public let value: String

        public init(name: String, key: String, value: String) {
            self.name = name
            self.key = key
            self.value = value
        }
    }

    public static let defaultPath = "patchbay.json5"
    static let secretLimit = 64 * 1_024

    /// The file that was asked for; nil looks for `patchbay.json5` in the working directory.
    public var configPath: String?
    public var environment: [String: String]
    public var flags: [Flag]
    /// Reads a whole file of at most the given number of bytes.
    public var readFile: @Sendable (_ path: String, _ limit: Int) throws(FileProblem) -> [UInt8]

    public init(
        configPath: String? = nil,
        environment: [String: String],
        flags: [Flag] = [],
        readFile: @escaping @Sendable (_ path: String, _ limit: Int) throws(FileProblem) -> [UInt8]
    ) {
        self.configPath = configPath
        self.environment = environment
        self.flags = flags
        self.readFile = readFile
    }
}
