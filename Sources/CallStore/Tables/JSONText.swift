internal import CallCore
internal import JSONWire
internal import Wording

/// JSON as the store writes it into its columns and files.
enum JSONText {
    /// More than anything that comes in over a wire may hold: what was taken is read again.
    private static let limits = JSONValue.Limits(bytes: 256 << 20, values: 1 << 24, depth: 256)

    static func bytes(_ object: JSONObject) -> [UInt8] {
        var json = JSONWriter()
        JSONValue.object(object).write(to: &json)
        return json.bytes
    }

    static func text(_ object: JSONObject) -> String { String(decoding: bytes(object), as: UTF8.self) }

    static func read<Value>(
        _ text: [UInt8], _ make: (JSONObject) throws(JSONError) -> Value
    ) throws(CallStoreError) -> Value {
        do throws(JSONError) {
            return try make(try JSONObject(parsing: text.span, limits: limits))
        } catch {
            throw .unreadable(error.message)
        }
    }
}
