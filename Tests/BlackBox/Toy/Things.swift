internal import Foundation
internal import FrontDoor
internal import HTTPLoop
internal import HTTPWire
internal import Synchronization
internal import Wording

/// A small collection with an OpenAPI document, for generated requests.
final class Things: Sendable {
    private struct Thing {
        let name: String
        let size: Int

        func write(_ number: Int, to json: inout JSONWriter) {
            json.object { json in
                json.key("id")
                json.integer(number)
                json.key("name")
                json.string(name)
                json.key("size")
                json.integer(size)
            }
        }
    }

    private struct Kept {
        var things: [Int: Thing] = [:]
        var last = 0
    }

    private static let most = 1_000
    private let kept = Mutex(Kept())
    private let number = PathParameter.integer("id")

    func add(to router: inout Router) {
        router.on("GET", "/things/openapi.json") { _ in
            HTTPResponse(status: 200, headers: ["Content-Type": "application/json"], body: Array(Self.document.utf8))
        }
        router.on("GET", "/things") { [self] in try list($0) }
        router.on("POST", "/things", bodyLimit: 16 << 10) { [self] in try create($0) }
        router.on("GET", "/things/\(number)") { [self] in try show($0) }
        router.on("DELETE", "/things/\(number)") { [self] in try delete($0) }
    }

    private func list(_ request: RouteRequest) throws -> HTTPResponse {
        let query = try request.query()
        var limit = 100
        if let text = query["limit"] {
            guard query.items.count(where: { $0.name == "limit" }) == 1, let given = Int(text), text == "\(given)",
                (1...100).contains(given)
            else { throw Problem(422, code: "thing.bad_limit", "limit is a number from 1 to 100.", field: "limit") }
            limit = given
        }
        let things = kept.withLock { $0.things }.sorted { $0.key < $1.key }.prefix(limit)
        return .json { json in
            json.object { json in
                json.key("items")
                json.array { json in
                    for (number, thing) in things { thing.write(number, to: &json) }
                }
            }
        }
    }

    private func create(_ request: RouteRequest) throws -> HTTPResponse {
        guard request.http.head.headers["Content-Type"]?.hasPrefix("application/json") ?? false else {
            throw Problem(415, code: "thing.not_json", "Send application/json.")
        }
        guard let object = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any],
            object.count == 2
        else { throw Problem(422, code: "thing.not_a_thing", "A thing is an object of name and size.") }
        guard let name = object["name"] as? String, (1...40).contains(name.unicodeScalars.count) else {
            throw Problem(422, code: "thing.bad_name", "name is text of 1 to 40 characters.", field: "name")
        }
        guard let size = object["size"] as? NSNumber, Number.isWhole(size), (0...100).contains(size.intValue) else {
            throw Problem(422, code: "thing.bad_size", "size is a number from 0 to 100.", field: "size")
        }
        let thing = Thing(name: name, size: size.intValue)
        let number = kept.withLock { kept in
            kept.last += 1
            if kept.things.count >= Self.most { kept.things.removeAll() }
            kept.things[kept.last] = thing
            return kept.last
        }
        return .json(201) { thing.write(number, to: &$0) }
    }

    private func show(_ request: RouteRequest) throws -> HTTPResponse {
        let number = request[number]
        guard let thing = kept.withLock({ $0.things[number] }) else { throw Problem.notFound }
        return .json { thing.write(number, to: &$0) }
    }

    private func delete(_ request: RouteRequest) throws -> HTTPResponse {
        guard kept.withLock({ $0.things.removeValue(forKey: request[number]) }) != nil else { throw Problem.notFound }
        return HTTPResponse(status: 204)
    }

    private enum Number {
        /// Neither a fraction nor a truth value, which arrive as numbers as well.
        static func isWhole(_ number: NSNumber) -> Bool {
            // SAFETY: a constant text of the library's.
            let isTruth = unsafe String(cString: number.objCType) == "c"
            return !isTruth && number.doubleValue == number.doubleValue.rounded()
        }
    }

    private static let document = """
        {"openapi": "3.1.0", "info": {"title": "Things", "version": "1"}, "paths": {
          "/things": {
            "get": {
              "parameters": [{"name": "limit", "in": "query",
                              "schema": {"type": "integer", "minimum": 1, "maximum": 100}}],
              "responses": {"200": {"description": "all", "content": {"application/json": {"schema": {
                  "type": "object", "required": ["items"],
                  "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Kept"}}}}}}},
                "400": {"$ref": "#/components/responses/Problem"}, "422": {"$ref": "#/components/responses/Problem"}}},
            "post": {
              "requestBody": {"required": true, "content": {"application/json": {"schema": {
                  "$ref": "#/components/schemas/Thing"}}}},
              "responses": {"201": {"description": "made", "content": {"application/json": {"schema": {
                  "$ref": "#/components/schemas/Kept"}}},
                  "links": {"show": {"operationId": "show", "parameters": {"id": "$response.body#/id"}},
                            "delete": {"operationId": "delete", "parameters": {"id": "$response.body#/id"}}}},
                "400": {"$ref": "#/components/responses/Problem"}, "413": {"$ref": "#/components/responses/Problem"},
                "415": {"$ref": "#/components/responses/Problem"}, "422": {"$ref": "#/components/responses/Problem"}}}},
          "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": true,
                            "schema": {"type": "integer", "minimum": 1, "maximum": 1000000000}}],
            "get": {
              "operationId": "show",
              "responses": {"200": {"description": "one", "content": {"application/json": {"schema": {
                  "$ref": "#/components/schemas/Kept"}}}},
                "400": {"$ref": "#/components/responses/Problem"}, "404": {"$ref": "#/components/responses/Problem"}}},
            "delete": {
              "operationId": "delete",
              "responses": {"204": {"description": "gone"},
                "400": {"$ref": "#/components/responses/Problem"}, "404": {"$ref": "#/components/responses/Problem"}}}}},
         "components": {
           "responses": {"Problem": {"description": "what is wrong", "content": {"application/problem+json": {"schema": {
               "$ref": "#/components/schemas/Problem"}}}}},
           "schemas": {
             "Thing": {"type": "object", "required": ["name", "size"], "additionalProperties": false, "properties": {
                 "name": {"type": "string", "minLength": 1, "maxLength": 40},
                 "size": {"type": "integer", "minimum": 0, "maximum": 100}}},
             "Kept": {"type": "object", "required": ["id", "name", "size"], "properties": {
                 "id": {"type": "integer"}, "name": {"type": "string"}, "size": {"type": "integer"}}},
             "Problem": {"type": "object", "required": ["type", "title", "status", "detail", "code", "request_id"],
               "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                 "detail": {"type": "string"}, "code": {"type": "string"}, "request_id": {"type": "string"},
                 "field": {"type": "string"}}}}}}
        """
}
