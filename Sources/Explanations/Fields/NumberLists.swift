import JSON

extension FieldReading {
  /// A list of numbers under one of its names; nil if it is missing, empty if it is not a list.
  mutating func numbers(_ names: String...) -> [Double]? {
    value(names).map { numbers($0, at: names[0]) }
  }

  /// A list of numbers that must be there.
  mutating func requiredNumbers(_ names: String...) -> [Double] {
    guard let value = value(names) else {
      complain("the key '\(names[0])' is missing", "add a list of numbers")
      return []
    }
    return numbers(value, at: names[0])
  }

  /// A list of lists of numbers.
  mutating func rows(_ key: String) -> [[Double]]? {
    value(key).map { value in
      elements(value, at: key, of: "lists").enumerated().map {
        numbers($1, at: "\(key)[\($0)]")
      }
    }
  }

  /// A list of lists of lists of numbers.
  mutating func cube(_ key: String) -> [[[Double]]]? {
    value(key).map { value in
      elements(value, at: key, of: "matrices").enumerated().map { i, slab in
        elements(slab, at: "\(key)[\(i)]", of: "lists").enumerated().map { j, row in
          numbers(row, at: "\(key)[\(i)][\(j)]")
        }
      }
    }
  }

  /// A list of lists of whole numbers.
  mutating func wholeRows(_ key: String) -> [[Int]]? {
    rows(key)?.enumerated().map { i, row in
      row.enumerated().compactMap { j, number in
        let whole = Int(exactly: number)
        if whole == nil { complain("\(key)[\(i)][\(j)] is \(number)", "tokens are whole numbers") }
        return whole
      }
    }
  }

  /// Whole numbers that are not negative; nil where there are none.
  mutating func counts(_ key: String) -> [Int]? {
    let before = problems.count
    guard let values = numbers(key) else { return nil }
    guard problems.count == before else { return [] }
    return values.enumerated().map { index, value in
      guard let count = Int(exactly: value), count >= 0 else {
        complain("\(key)[\(index)] is \(value)", "write how many tokens the completion has")
        return 0
      }
      return count
    }
  }

  /// Complains unless all lists have as many values as the first, and at least one.
  mutating func requireEqualCounts(_ lists: [(name: String, count: Int?)]) {
    guard let first = lists.first, let count = first.count else { return }
    if count == 0 { complain("'\(first.name)' is empty", "give one value for each pair") }
    for list in lists.dropFirst() {
      guard let other = list.count, other != count else { continue }
      complain(
        "'\(list.name)' has \(other) values but '\(first.name)' has \(count)",
        "give one value for each pair")
    }
  }

  private mutating func elements(
    _ value: JSONValue, at place: String, of kind: String
  ) -> [JSONValue] {
    guard let elements = value.array else {
      complain("'\(place)' is not a list of \(kind)", "write [-12.5, -8] for a list of numbers")
      return []
    }
    return elements
  }

  private mutating func numbers(_ value: JSONValue, at place: String) -> [Double] {
    elements(value, at: place, of: "numbers").enumerated().compactMap {
      number($1, at: "\(place)[\($0)]")
    }
  }
}

/// All numbers and truth values below a value.
func flattened(_ value: JSONValue) -> [Double] {
  switch value {
  case .integer, .number: value.double.map { [$0] } ?? []
  case .boolean(let flag): [flag ? 1 : 0]
  case .array(let elements): elements.flatMap(flattened)
  case .null, .string, .object: []
  }
}
