internal import Wording

/// A part of a list, and how to ask for the others.
struct CarrierPage {
    private static let usual = 50
    private static let largest = 1_000

    let path: String
    let query: QueryItems
    let size: Int
    let number: Int

    init(_ path: String, _ query: QueryItems) throws(CarrierRefusal) {
        self.path = path
        self.query = query
        func integer(_ name: String, _ range: ClosedRange<Int>, _ usual: Int) throws(CarrierRefusal) -> Int {
            guard let text = query[name] else { return usual }
            guard let value = Int(text), range.contains(value) else { throw .parameter("\(name) is not valid") }
            return value
        }
        size = try integer("PageSize", 1...Self.largest, Self.usual)
        number = try integer("Page", 0...1_000_000, 0)
    }

    /// Writes the page of `items`, each by `write`.
    func json<Item>(_ name: String, _ items: [Item], _ write: (Item, inout JSONWriter) -> Void) -> JSONWriter {
        let start = min(items.count, size * number)
        let page = items[start...].prefix(size)
        let hasNext = start + page.count < items.count
        var json = JSONWriter()
        json.object { json in
            json.key(name)
            json.array { array in
                for item in page { write(item, &array) }
            }
            json.member("uri", target(number))
            json.member("first_page_uri", target(0))
            json.optional("next_page_uri", hasNext ? target(number + 1) : nil)
            json.optional("previous_page_uri", number > 0 ? target(number - 1) : nil)
            for (name, value) in [
                ("page", number), ("page_size", size), ("start", start), ("end", max(start, start + page.count - 1)),
            ] {
                json.key(name)
                json.integer(value)
            }
        }
        return json
    }

    private func target(_ page: Int) -> String {
        var form = CarrierForm()
        for item in query.items where item.name != "Page" && item.name != "PageSize" { form.add(item.name, item.value) }
        form.add("PageSize", String(size))
        form.add("Page", String(page))
        return "\(path)?\(String(decoding: form.encoded, as: UTF8.self))"
    }
}
