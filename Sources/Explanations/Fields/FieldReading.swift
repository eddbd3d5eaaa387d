import Datasets
import Foundation
import LanguageModel
import Workbench

/// A JSON object of lists and settings while it is read, with everything that is wrong with it.
struct FieldReading {
  private(set) var problems: [DataProblem] = []
  private let file: String
  private let keys: [String]
  private var members: [JSONValue.Member] = []

  /// Parses a document whose keys are among those that are known.
  ///
  /// `results` and names with a slash or an equals sign are what an explanation writes: they are
  /// passed over, so that a document can be explained again. A result that ends in an underscore
  /// stands for all names that begin with it. Null is what TRL writes for an option that is not set.
  init(_ json: Data, file: String, keys: [String], results: [String], example: String) {
    (self.file, self.keys) = (file, keys)
    let bytes = Array(json)
    do throws(JSONError) {
      guard case .object(let members) = try JSONParser.parse(bytes) else {
        complain("the document is no object '{…}'", "write \(example)")
        return
      }
      self.members = members
    } catch {
      switch error {
      case .syntax(let byte, let reason):
        let line = bytes.prefix(byte).reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        complain("this is not JSON: \(reason) at byte \(byte)", "write \(example)", line: line)
      case .duplicateKey(let key):
        complain("the key '\(key)' appears twice", "keep one of the two")
      }
    }
    for member in members where !keys.contains(member.key) {
      let isResult =
        member.key.contains { "/=*".contains($0) }
        || results.contains { member.key == $0 || $0.hasSuffix("_") && member.key.hasPrefix($0) }
      if !isResult { complainOfUnknown(member.key) }
    }
  }

  /// The bytes of a file.
  static func contents(of url: URL) throws(DataError) -> Data {
    do { return try Data(contentsOf: url) } catch {
      throw .unreadable(path: url.relativePath, reason: plainReason(error))
    }
  }

  /// Throws everything that was wrong.
  func requireNoProblem() throws(DataError) {
    guard !problems.isEmpty else { return }
    let listed = Array(problems.prefix(DataError.listedProblems))
    throw .invalid(problems: listed, omitted: problems.count - listed.count)
  }

  mutating func complain(_ what: String, _ remedy: String, line: Int = 0) {
    problems.append(DataProblem(file: file, line: line, what: what, remedy: remedy))
  }

  private mutating func complainOfUnknown(_ key: String) {
    let nearest = nearestName(to: key, among: keys)
    complain(
      "unknown key '\(key)'" + (nearest.map { "; did you mean '\($0)'?" } ?? ""),
      "the keys are " + keys.joined(separator: ", "))
  }

  /// The value under the first of some names that is there.
  private func value(_ names: [String]) -> JSONValue? {
    names.lazy.compactMap { name in members.first { $0.key == name }?.value }
      .first { $0 != .null }
  }
}

extension FieldReading {
  /// A list of numbers that a float32 can hold, under one of its names; nil where there is none.
  mutating func numbers(_ names: String...) -> [Double]? {
    guard let value = value(names) else { return nil }
    guard let elements = value.array else {
      complain("'\(names[0])' is no list", "write a list of numbers, such as [-12.5, -8]")
      return []
    }
    return elements.enumerated().compactMap { finite($1, "\(names[0])[\($0)]") }
  }

  /// A list that must be there.
  mutating func requiredNumbers(_ names: String...) -> [Double] {
    guard let value = value(names) else {
      complain("the key '\(names[0])' is missing", "add a list of numbers")
      return []
    }
    guard let elements = value.array else {
      complain("'\(names[0])' is no list", "write a list of numbers, such as [-12.5, -8]")
      return []
    }
    return elements.enumerated().compactMap { finite($1, "\(names[0])[\($0)]") }
  }

  /// Lists of finite numbers in a list.
  mutating func lists(_ name: String) -> [[Double]]? {
    guard let value = value([name]) else { return nil }
    guard let rows = value.array else {
      complain("'\(name)' is no list of lists", "write [[2.1, 0.3, -1], [1, 0]]")
      return []
    }
    return rows.enumerated().map { row, element in
      guard let elements = element.array else {
        complain("\(name)[\(row)] is no list", "write a list of numbers")
        return []
      }
      return elements.enumerated().compactMap { finite($1, "\(name)[\(row)][\($0)]") }
    }
  }

  /// Whole numbers that are not negative; nil where there are none.
  mutating func counts(_ name: String) -> [Int]? {
    let before = problems.count
    guard let values = numbers(name) else { return nil }
    guard problems.count == before else { return [] }
    return values.enumerated().map { index, value in
      guard let count = Int(exactly: value), count >= 0 else {
        complain("\(name)[\(index)] is \(value)", "write how many tokens the completion has")
        return 0
      }
      return count
    }
  }

  /// A finite number; nil where there is none.
  mutating func number(_ name: String) -> Double? {
    value([name]).flatMap { finite($0, "'\(name)'") }
  }

  /// True or false; nil where there is neither.
  mutating func flag(_ name: String) -> Bool? {
    guard let value = value([name]) else { return nil }
    if case .boolean(let flag) = value { return flag }
    complain("'\(name)' is neither true nor false", "write true or false without quotes")
    return nil
  }

  /// One of some words.
  mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ name: String, as _: Word.Type
  ) -> Word? {
    guard let value = value([name]) else { return nil }
    if case .string(let text) = value, let word = Word(rawValue: text) { return word }
    complainOfWord(value, name, among: Word.allCases.map(\.rawValue))
    return nil
  }

  /// Some of some words, written as one or as a list.
  mutating func words<Word: RawRepresentable<String> & CaseIterable>(
    _ name: String, as _: Word.Type
  ) -> [Word]? {
    guard let value = value([name]) else { return nil }
    return (value.array ?? [value]).compactMap { element in
      if case .string(let text) = element, let word = Word(rawValue: text) { return word }
      complainOfWord(element, name, among: Word.allCases.map(\.rawValue))
      return nil
    }
  }

  private mutating func complainOfWord(_ value: JSONValue, _ name: String, among known: [String]) {
    guard case .string(let text) = value else {
      return complain("'\(name)' is no word", "write one of \(known.joined(separator: ", "))")
    }
    let nearest = nearestName(to: text, among: known)
    complain(
      "'\(name)' is '\(text)'" + (nearest.map { "; did you mean '\($0)'?" } ?? ""),
      "write one of \(known.joined(separator: ", "))")
  }

  private mutating func finite(_ value: JSONValue, _ place: String) -> Double? {
    guard let number = value.double else {
      complain("\(place) is no number", "write a number without quotes")
      return nil
    }
    guard Float(number).isFinite else {
      complain(
        "\(place) is \(number), beyond the float32 in which trainers compute",
        "write a number between -3.4e38 and 3.4e38")
      return nil
    }
    return number
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

  /// Complains about a setting outside of its range.
  mutating func require(_ holds: Bool, _ name: String, _ value: Double, _ allowed: String) {
    if !holds { complain("'\(name)' is \(value)", "allowed is \(allowed)") }
  }
}
