import Datasets
import Foundation
import JSON
import Workbench

/// A JSON object of lists and settings while it is read, with everything that is wrong with it.
///
/// Null is what TRL writes for an option that is not set: it counts as a missing key.
struct FieldReading {
  /// How large a number may be.
  enum Range {
    /// Anything finite.
    case double
    /// What a float32 can hold, in which trainers compute.
    case single
  }

  let file: String
  let range: Range
  private(set) var problems: [DataProblem] = []
  private(set) var members: [JSONValue.Member] = []

  /// Reads the contents of a file; the name and the example appear in complaints.
  init(_ json: Data, file: String, example: String, range: Range = .double) {
    (self.file, self.range) = (file, range)
    do {
      members = try JSONReader.members(in: Array(json))
    } catch {
      complain(error.what, "\(error.remedy), as in \(example)", line: error.line)
    }
  }

  /// The members of an object within a file.
  init(members: [JSONValue.Member], file: String) {
    (self.members, self.file, range) = (members, file, .double)
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

  /// Takes over what is wrong with a part that was read by itself.
  mutating func add(_ problems: [DataProblem]) { self.problems += problems }

  /// Refuses members under any other key.
  ///
  /// Results, and names with a slash or an equals sign, are what an explanation writes: they are
  /// passed over, so that a document can be explained again. A result that ends in an underscore
  /// stands for all names that begin with it.
  mutating func refuseUnknown(known: [String], results: [String]? = nil) {
    for key in members.map(\.key) where !known.contains(key) {
      if let results, isResult(key, among: results) { continue }
      let nearest = nearestName(to: key, among: known)
      complain(
        "unknown key '\(key)'" + (nearest.map { "; did you mean '\($0)'?" } ?? ""),
        "known: " + known.joined(separator: ", "))
    }
  }

  private func isResult(_ key: String, among results: [String]) -> Bool {
    key.contains { "/=*".contains($0) }
      || results.contains { key == $0 || $0.hasSuffix("_") && key.hasPrefix($0) }
  }
}

extension FieldReading {
  /// The value under the first of some keys that is there.
  func value(_ keys: String...) -> JSONValue? { value(keys) }

  func value(_ keys: [String]) -> JSONValue? {
    keys.lazy.compactMap { key in members.first { $0.key == key }?.value }.first { $0 != .null }
  }

  /// Complains about each of the keys that is missing.
  mutating func require(_ keys: String...) {
    for key in keys where value(key) == nil { complain("the key '\(key)' is missing", "add it") }
  }

  /// Complains about a setting outside of its range.
  mutating func require(_ holds: Bool, _ name: String, _ value: Double, _ allowed: String) {
    if !holds { complain("'\(name)' is \(value)", "allowed is \(allowed)") }
  }

  /// A number; nil if it is missing or not a number.
  mutating func number(_ key: String) -> Double? {
    value(key).flatMap { number($0, at: "'\(key)'") }
  }

  /// A number within the range.
  mutating func number(_ value: JSONValue, at place: String) -> Double? {
    guard let number = value.double else {
      complain("\(place) is not a number", "write a number without quotes")
      return nil
    }
    switch range {
    case .double where !number.isFinite:
      complain("\(place) is \(number)", "numbers must be finite")
      return nil
    case .single where !Float(number).isFinite:
      complain(
        "\(place) is \(number), beyond the float32 in which trainers compute",
        "write a number between -3.4e38 and 3.4e38")
      return nil
    default: return number
    }
  }

  /// A whole number; nil if it is missing or not one.
  mutating func whole(_ key: String) -> Int? {
    guard let number = number(key) else { return nil }
    guard let whole = Int(exactly: number) else {
      complain("'\(key)' is \(number)", "write a whole number")
      return nil
    }
    return whole
  }

  /// True or false; nil if it is missing or neither.
  mutating func flag(_ key: String) -> Bool? {
    guard let value = value(key) else { return nil }
    guard let flag = value.boolean else {
      complain("'\(key)' is neither true nor false", "write true or false without quotes")
      return nil
    }
    return flag
  }

  /// One of some words; nil if it is missing or none of them.
  mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ key: String, as type: Word.Type
  ) -> Word? {
    value(key).flatMap { word($0, key, type) }
  }

  /// Some of some words, written as one or as a list.
  mutating func words<Word: RawRepresentable<String> & CaseIterable>(
    _ key: String, as type: Word.Type
  ) -> [Word]? {
    guard let value = value(key) else { return nil }
    return (value.array ?? [value]).compactMap { word($0, key, type) }
  }

  private mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ value: JSONValue, _ key: String, _: Word.Type
  ) -> Word? {
    let known = Word.allCases.map(\.rawValue)
    let remedy = "known: " + known.joined(separator: ", ")
    guard let text = value.string else {
      complain("'\(key)' is not a word", remedy)
      return nil
    }
    if let word = Word(rawValue: text) { return word }
    let nearest = nearestName(to: text, among: known)
    complain(
      "unknown \(key) '\(text)'" + (nearest.map { "; did you mean '\($0)'?" } ?? ""), remedy)
    return nil
  }
}
