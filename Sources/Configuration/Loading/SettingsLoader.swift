internal import Telemetry
internal import Wording

/// Applies one source after the other.
struct SettingsLoader {
    let sources: ConfigurationSources
    var effective = EffectiveSettings()

    init(sources: ConfigurationSources) {
        self.sources = sources
    }

    private static let byKey = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.key, $0) })
    private static let sections = Set(Setting.all.compactMap(\.section))

    // MARK: The file

    mutating func readFile() throws(ConfigurationError) {
        let path = sources.configPath ?? ConfigurationSources.defaultPath
        let bytes: [UInt8]
        do {
            bytes = try sources.readFile(path, JSON5Parser.defaultSizeLimit)
        } catch {
            if error == .notFound, sources.configPath == nil { return }
            throw ConfigurationError(code: .unreadableFile, message: "\(path) cannot be read: \(error.message)")
        }
        effective.file = path
        let node: JSON5Node
        do {
            node = try JSON5Parser.parse(bytes)
        } catch {
            throw ConfigurationError(code: .notJSON5, message: "\(path):\(error.position): \(error.message)")
        }
        guard case .object(let members) = node.value else {
            throw unfit("\(path):\(node.position)", "the file holds \(node.kind): expected an object of settings")
        }
        for member in members { try apply(member, from: path) }
    }

    private mutating func apply(_ member: JSON5Node.Member, from path: String) throws(ConfigurationError) {
        guard Self.sections.contains(member.name) else {
            return try apply(member, key: member.name, from: path)
        }
        switch member.node.value {
        case .null: return
        case .object(let members):
            for inner in members { try apply(inner, key: "\(member.name).\(inner.name)", from: path) }
        default:
            throw unfit(
                "\(path):\(member.node.position)",
                "'\(member.name)' cannot be \(member.node.kind): expected an object of settings")
        }
    }

    private mutating func apply(
        _ member: JSON5Node.Member, key: String, from path: String
    ) throws(ConfigurationError) {
        guard let setting = Self.byKey[key], setting.name == member.name else {
            throw ConfigurationError(
                code: .unknownKey, message: "\(path):\(member.namePosition): \(Self.unknown(key, typed: member.name))")
        }
        // Null says "as if it were not here", which lets a template list every key.
        guard member.node.value != .null else { return }
        do {
            try setting.readNode(member.node, &effective.settings)
        } catch {
            let shown = setting.isSecret ? "this" : error.found ?? member.node.shown
            throw unfit(
                "\(path):\(error.position ?? member.node.position)",
                error.statement ?? "'\(key)' cannot be \(shown): expected \(error.expected)")
        }
        effective.origins[key] = .file(path: path, position: member.namePosition)
    }

    private static func unknown(_ key: String, typed name: String) -> String {
        let shown = VisibleText.escaping(key, limit: 64)
        // A dotted key as it stands in the documentation, put into the file as one word.
        if let setting = byKey[name], let section = setting.section {
            return "there is no setting '\(shown)' by this spelling; write { \(section): { \(setting.name): … } }"
        }
        return "there is no setting '\(shown)'" + NearMiss.hint(for: key, among: Setting.all.map(\.key) + sections)
    }

    // MARK: The environment

    mutating func readEnvironment() throws(ConfigurationError) {
        for setting in Setting.all {
            guard let name = setting.environment else { continue }
            let fileName = setting.environmentFile
            // A variable without content is how many tools pass on one that is not set.
            let value = sources.environment[name].flatMap { $0.isEmpty ? nil : $0 }
            let path = fileName.flatMap { sources.environment[$0] }.flatMap { $0.isEmpty ? nil : $0 }
            if let value {
                if let fileName, path != nil {
                    throw ConfigurationError(
                        code: .conflict, message: "\(name) and \(fileName) are both set: expected one of them")
                }
                try apply(value, to: setting, named: name, .environment(name: name))
            } else if let fileName, let path {
                let secret = try readSecret(path, named: fileName)
                try apply(secret, to: setting, named: fileName, .environmentFile(name: fileName, path: path))
            }
        }
        warnOfUnknownVariables()
    }

    private func readSecret(_ path: String, named name: String) throws(ConfigurationError) -> String {
        let bytes: [UInt8]
        do {
            bytes = try sources.readFile(path, ConfigurationSources.secretLimit)
        } catch {
            throw ConfigurationError(
                code: .unreadableFile, message: "\(name): the file \(path) cannot be read: \(error.message)")
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(code: .unfitValue, message: "\(name): the file \(path) is no UTF-8 text")
        }
        // Editors and `echo` end files with one.
        if text.unicodeScalars.last == "\n" { text.unicodeScalars.removeLast() }
        if text.unicodeScalars.last == "\r" { text.unicodeScalars.removeLast() }
        return text
    }

    private mutating func warnOfUnknownVariables() {
        let prefix = "PATCHBAY_"
        let known = Set(Setting.all.compactMap(\.environment) + Setting.all.compactMap(\.environmentFile))
        // Compared without what all have in common, or any two would be close.
        let stems = known.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
        for name in sources.environment.keys.sorted() where name.hasPrefix(prefix) && !known.contains(name) {
            let shown = VisibleText.escaping(name, limit: 64)
            if name.hasSuffix("_FILE"), known.contains(String(name.dropLast("_FILE".count))) {
                effective.warnings.append("\(shown) is ignored: only secrets are read from files")
                continue
            }
            let guess = NearMiss.suggestion(for: String(name.dropFirst(prefix.count)), among: stems)
            let hint = guess.map { "; did you mean '\(prefix)\($0)'?" } ?? ""
            effective.warnings.append("\(shown) is ignored: there is no such setting\(hint)")
        }
    }

    // MARK: Flags

    mutating func readFlags() throws(ConfigurationError) {
        for flag in sources.flags {
            guard let setting = Self.byKey[flag.key] else {
                throw ConfigurationError(
                    code: .unknownKey, message: "\(flag.name): \(Self.unknown(flag.key, typed: flag.key))")
            }
            try apply(flag.value, to: setting, named: flag.name, .flag(name: flag.name))
        }
    }

    // MARK: Words

    private mutating func apply(
        _ text: String, to setting: Setting, named name: String, _ origin: SettingOrigin
    ) throws(ConfigurationError) {
        do {
            try setting.read(text, &effective.settings)
        } catch {
            let shown = setting.isSecret ? "this" : error.found ?? "\"\(VisibleText.escaping(text, limit: 64))\""
            throw unfit(name, "'\(setting.key)' cannot be \(shown): expected \(error.expected)")
        }
        effective.origins[setting.key] = origin
    }

    private func unfit(_ place: String, _ statement: String) -> ConfigurationError {
        ConfigurationError(code: .unfitValue, message: "\(place): \(statement)")
    }
}
