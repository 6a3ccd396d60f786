public import Wording

extension EffectiveSettings {
    /// For people: a line for each setting with its value and origin; what is not the default stands out.
    public func listing(style: TerminalStyle = .plain) -> String {
        let keyWidth = Setting.all.map(\.key.utf8.count).max() ?? 0
        let values = Setting.all.map { setting in
            let value = setting.shown(in: settings)
            return value == "null" ? "none" : value
        }
        let valueWidth = min(48, values.map(\.count).max() ?? 0)
        var text = ""
        for (setting, value) in zip(Setting.all, values) {
            let origin = origin(of: setting)
            let key = Self.padded(setting.key, to: keyWidth)
            let isDefault = origin == .defaultValue
            text += style.paint(key, isDefault ? .dim : .bold)
            text += "  \(Self.padded(value, to: valueWidth))  "
            text += style.paint(VisibleText.escaping(origin.description, limit: 512), isDefault ? .dim : .cyan) + "\n"
        }
        return text
    }

    /// For programs: one object, with the same content.
    public func json() -> String {
        var json = JSONWriter()
        json.object { json in
            json.key("settings")
            json.array { json in
                for setting in Setting.all { write(setting, to: &json) }
            }
            json.key("warnings")
            json.array { json in
                for warning in warnings { json.string(warning) }
            }
        }
        return json.text
    }

    private func write(_ setting: Setting, to json: inout JSONWriter) {
        json.object { json in
            json.key("key")
            json.string(setting.key)
            json.key("value")
            setting.show(settings, &json)
            json.key("origin")
            Self.write(origin(of: setting), to: &json)
        }
    }

    private static func write(_ origin: SettingOrigin, to json: inout JSONWriter) {
        json.object { json in
            func members(_ from: String, _ others: KeyValuePairs<String, String> = [:]) {
                json.key("from")
                json.string(from)
                for (name, value) in others {
                    json.key(name)
                    json.string(value)
                }
            }
            switch origin {
            case .defaultValue: members("default")
            case .environment(let name): members("environment", ["name": name])
            case .environmentFile(let name, let path): members("environment", ["name": name, "path": path])
            case .flag(let name): members("flag", ["name": name])
            case .file(let path, let position):
                members("file", ["path": path])
                json.key("line")
                json.integer(position.line)
            }
        }
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
