import Foundation
import JSON

/// The state of reading a preference file line by line.
struct PreferenceReading {
  let name: String
  let emptyCompletions: EmptyCompletions
  private(set) var pairs: [TextPair] = []
  private(set) var lines: [Int] = []
  private(set) var problems: [DataProblem] = []
  /// The first line with a pair, and whether it has a prompt: all lines must agree.
  private var form: (line: Int, hasPrompt: Bool)?

  init(name: String, emptyCompletions: EmptyCompletions) {
    (self.name, self.emptyCompletions) = (name, emptyCompletions)
  }

  mutating func read(_ data: Data) {
    var data = data[...]
    if data.starts(with: [0xEF, 0xBB, 0xBF]) {
      report(1, "the file begins with a byte order mark", "save it as UTF-8 without BOM")
      data = data.dropFirst(3)
    }
    let rows = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, row) in rows.enumerated() { read(Array(row), line: index + 1) }
    if pairs.isEmpty && problems.isEmpty {
      report(
        0, "the file holds no pairs", "write one JSON object per line, with chosen and rejected")
    }
  }

  private mutating func read(_ bytes: [UInt8], line: Int) {
    guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
    do throws(JSONError) {
      let members = try JSONReader.members(in: bytes, of: .line)
      read(Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }, line: line)
    } catch {
      report(line, error.what, error.remedy)
    }
  }

  private mutating func read(_ members: [String: JSONValue], line: Int) {
    let before = problems.count
    let hasPrompt = members["prompt"] != nil
    let prompt = hasPrompt ? text("prompt", in: members, line) : ""
    let chosen = text("chosen", in: members, line)
    let rejected = text("rejected", in: members, line)
    let chosenComplete = flag("chosen_complete", in: members, line)
    let rejectedComplete = flag("rejected_complete", in: members, line)
    let margin = margin(in: members, line)
    guard problems.count == before else { return }
    let pair = TextPair(
      prompt: prompt, chosen: chosen, rejected: rejected, chosenComplete: chosenComplete,
      rejectedComplete: rejectedComplete, margin: margin)
    check(pair, hasPrompt: hasPrompt, line)
    guard problems.count == before else { return }
    pairs.append(hasPrompt ? pair : pair.extractingPrompt())
    lines.append(line)
  }

  private mutating func check(_ pair: TextPair, hasPrompt: Bool, _ line: Int) {
    for (key, text, complete) in [
      ("chosen", pair.chosen, pair.chosenComplete),
      ("rejected", pair.rejected, pair.rejectedComplete),
    ] where text.isEmpty && (emptyCompletions == .refused || !complete) {
      report(line, "'\(key)' is empty", "write the completion or delete the line")
    }
    if pair.chosen.utf8.elementsEqual(pair.rejected.utf8)
      && pair.chosenComplete == pair.rejectedComplete
    {
      report(line, "chosen and rejected are the same", "make them differ or delete the line")
    }
    let form = self.form ?? (line, hasPrompt)
    self.form = form
    if form.hasPrompt != hasPrompt {
      report(
        line, "\(hasPrompt ? "has a" : "no") prompt, unlike line \(form.line)",
        "give every line a prompt, or none")
    }
  }

  private mutating func text(
    _ key: String, in members: [String: JSONValue], _ line: Int
  ) -> String {
    switch members[key] {
    case .string(let text): return text
    case nil:
      let found = members.keys.sorted().map { "'\($0)'" }.joined(separator: ", ")
      report(
        line, "the key '\(key)' is missing; the line has \(found.isEmpty ? "no keys" : found)",
        "add \"\(key)\": \"…\"")
    case .array:
      report(
        line, "'\(key)' is a list: conversations are not read",
        "write prompt, chosen and rejected as plain strings")
    case let value?:
      report(line, "'\(key)' is \(value.kind), not a string", "put the text in double quotes")
    }
    return ""
  }

  private mutating func flag(
    _ key: String, in members: [String: JSONValue], _ line: Int
  ) -> Bool {
    switch members[key] {
    case .boolean(let flag): return flag
    case nil: return true
    case let value?:
      report(line, "'\(key)' is \(value.kind), not true or false", "write true or false")
      return true
    }
  }

  /// TRL's `margin`: any number, below zero too, as long as it stays finite in 32 bits.
  private mutating func margin(in members: [String: JSONValue], _ line: Int) -> Double? {
    guard let value = members["margin"] else { return nil }
    guard let margin = value.double else {
      report(
        line, "'margin' is \(value.kind), not a number", "write a number, or leave the key out")
      return nil
    }
    guard Float(margin).isFinite else {
      report(line, "'margin' is too large for 32 bits", "write a number between -3e38 and 3e38")
      return nil
    }
    return margin
  }

  private mutating func report(_ line: Int, _ what: String, _ remedy: String) {
    problems.append(DataProblem(file: name, line: line, what: what, remedy: remedy))
  }
}
