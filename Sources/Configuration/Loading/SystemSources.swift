internal import Glibc
internal import Telemetry

extension ConfigurationSources {
    /// This process's environment and the machine's files.
    public static func system(configPath: String?, flags: [Flag] = []) -> ConfigurationSources {
        ConfigurationSources(
            configPath: configPath, environment: processEnvironment(), flags: flags,
            readFile: { (path, limit) throws(FileProblem) in
                try FileReading.read(path, limit: limit)
            })
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
}
