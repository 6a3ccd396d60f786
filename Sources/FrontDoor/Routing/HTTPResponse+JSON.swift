public import HTTPLoop
public import HTTPWire
public import Wording

extension HTTPResponse {
    public static func json(
        _ status: Int = 200, headers: Headers = [:], _ write: (inout JSONWriter) -> Void
    ) -> HTTPResponse {
        var json = JSONWriter()
        write(&json)
        var all: Headers = ["Content-Type": "application/json"]
        all.append(contentsOf: headers)
        return HTTPResponse(status: status, headers: all, body: json.bytes)
    }
}
