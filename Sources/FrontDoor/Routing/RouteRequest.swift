public import HTTPLoop
public import HTTPWire
public import Telemetry

/// A request at its route.
public struct RouteRequest: Sendable {
    /// What is known on the loop, before the body is there.
    public struct Brief: Sendable {
        public let head: RequestHead
        public let id: RequestID
        let values: [String: any Sendable]

        /// What a part of the path says. Only for parameters that the route's path names.
        public subscript<Value>(parameter: PathParameter<Value>) -> Value {
            guard let value = values[parameter.name] as? Value else {
                preconditionFailure("the route's path has no \(parameter.name)")  // Our bug, whatever was asked for.
            }
            return value
        }

        public func query() throws(Problem) -> QueryItems {
            guard let items = QueryItems(head.query) else {
                throw Problem(
                    400, code: "http.malformed_query",
                    "The query holds a percent sign that is not followed by two hex digits, or bytes that are no UTF-8."
                )
            }
            return items
        }
    }

    public let brief: Brief
    public let http: HTTPRequest
    /// Its lines carry the request's id.
    public let logger: Logger

    public var id: RequestID { brief.id }
    public var body: [UInt8] { http.body }

    public subscript<Value>(parameter: PathParameter<Value>) -> Value { brief[parameter] }
    public func query() throws(Problem) -> QueryItems { try brief.query() }
}
