internal import Glibc

extension ConfigurationSources {
    /// This process's environment and the machine's files.
    public static func system(configPath: String?, flags: [Flag] = []) -> ConfigurationSources {
        ConfigurationSources(
            configPath: configPath, environment: processEnvironment(), flags: flags, readFile: readSystemFile)
    }

    /// Call before threads start that change the environment; ours never do.
    public static func processEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        // SAFETY: `environ` is an array of C strings that ends with nil, and nobody changes it meanwhile.
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let pair = unsafe String(cString: text)
            if let equals = pair.firstIndex(of: "=") {
                variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
            }
            unsafe entry += 1
        }
        return variables
    }

    @Sendable
    public static func readSystemFile(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
        // SAFETY: the path is a C string during the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .notFound : .unreadable(reason: currentReason())
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1_024)
        while true {
            // SAFETY: reads at most as many bytes as the chunk holds.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw .unreadable(reason: currentReason())
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
        }
    }

    private static func currentReason() -> String {
        // SAFETY: the C library's text lives until the next call on this thread.
        unsafe String(cString: strerror(errno)).lowercased()
    }
}
