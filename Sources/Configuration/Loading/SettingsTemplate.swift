internal import Wording

/// A commented file of every setting with its default. Read back, it changes nothing.
public enum SettingsTemplate {
    private static let width = 100

    public static let text: String = {
        let defaults = Settings()
        var text = """
            // Settings of Patchbay. Each stands here with its default; null is "not set".
            // What comes later wins: this file, then the environment, then flags of the command.
            // Times are in seconds; 0 switches a limit off.
            {

            """
        var section: String?
        for setting in Setting.all {
            if setting.section != section {
                if section != nil { text += "  },\n" }
                if let opened = setting.section { text += "\n  \(opened): {\n" }
                section = setting.section
            }
            let indent = section == nil ? "  " : "    "
            text += comment(setting, indent: indent)
            text += "\(indent)\(setting.name): \(setting.shown(in: defaults)),\n"
        }
        return text + (section == nil ? "" : "  },\n") + "}\n"
    }()

    private static func comment(_ setting: Setting, indent: String) -> String {
        let variable = setting.environment.map { name in
            "Environment: \(name)\(setting.environmentFile.map { " or \($0)" } ?? "")."
        }
        let sentence = "\(setting.help) Expected: \(setting.expected)."
        let lines = sentence.wrapped(to: width) + (variable.map { [$0] } ?? [])
        return "\n" + lines.map { "\(indent)// \($0)\n" }.joined()
    }
}
