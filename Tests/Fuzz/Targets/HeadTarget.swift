import HTTPWire

/// Heads are read the same however they are cut, and one that was read can be written and read again.
@Sendable
func fuzzHead(_ input: inout FuzzInput) {
    let isRequest = input.choice() & 1 == 0
    let limits = HeadLimits(headBytes: 1_000, firstLineBytes: 300, fields: 20)
    let (whole, slices) = input.stream()
    if isRequest {
        let heads = readRequests([whole], limits)
        require(heads == readRequests(slices, limits), "a request differs when cut")
        for case .success(let head) in heads { check(head) }
    } else {
        let heads = readResponses([whole], limits)
        require(heads == readResponses(slices, limits), "a response differs when cut")
        for case .success(let head) in heads { check(head) }
    }
}

private func check(_ head: RequestHead) {
    var bytes: [UInt8] = []
    do throws(HTTPViolation) {
        try head.write(to: &bytes)
    } catch {
        fatalError("a request that was read cannot be written: \(error)")
    }
    require(readRequests([bytes], HeadLimits()) == [.success(head)], "a request differs when written")
    require(head.headers.values(of: "host").count <= 1, "two hosts")
    if head.body == .chunked { require(!head.headers.contains("Content-Length"), "two lengths") }
    if case .accept = WebSocketUpgrade(head) { require(head.method == "GET" && head.body == .empty, "upgraded") }
    require(
        head.path.utf8.count + (head.query.map { $0.utf8.count + 1 } ?? 0) == head.target.utf8.count, "split target")
}

private func check(_ head: ResponseHead) {
    var bytes: [UInt8] = []
    guard let framing = try? head.bodyFraming(answering: "GET") else {
        require((try? head.write(to: &bytes)) == nil, "an answer of unclear length was written")
        return
    }
    require(framing != .chunked || !head.headers.contains("Content-Length"), "two lengths")
    require((try? head.write(to: &bytes)) != nil, "a response that was read cannot be written")
    require(readResponses([bytes], HeadLimits()) == [.success(head)], "a response differs when written")
}

private func readRequests(_ slices: [[UInt8]], _ limits: HeadLimits) -> [Result<RequestHead, HTTPViolation>] {
    var reader = RequestHeadReader(limits: limits)
    return readAll(slices) { slice, position throws(HTTPViolation) in try reader.next(in: slice, from: &position) }
}

private func readResponses(_ slices: [[UInt8]], _ limits: HeadLimits) -> [Result<ResponseHead, HTTPViolation>] {
    var reader = ResponseHeadReader(limits: limits)
    return readAll(slices) { slice, position throws(HTTPViolation) in try reader.next(in: slice, from: &position) }
}

private func readAll<Head>(
    _ slices: [[UInt8]], _ next: (Span<UInt8>, inout Int) throws(HTTPViolation) -> Head?
) -> [Result<Head, HTTPViolation>] {
    var heads: [Result<Head, HTTPViolation>] = []
    do throws(HTTPViolation) {
        for slice in slices {
            var position = 0
            while let head = try next(slice.span, &position) { heads.append(.success(head)) }
            require(position == slice.count, "stopped inside a slice")
        }
    } catch {
        heads.append(.failure(error))
    }
    return heads
}
