/// What a person may want to know of one setting.
public struct SettingDescription: Codable, Equatable, Sendable {
  /// The name that people write; within another setting behind that one's name and a dot.
  public var key: String
  /// The documented default as it would be written, or what no value stands for.
  public var defaultValue: String
  /// Which values it may have, in words.
  public var allowed: String
  /// One sentence that says what it does.
  public var meaning: String
  /// TRL's name; nil where TRL has no such setting.
  public var trlName: String?

  /// The same setting within another.
  func behind(_ outer: String) -> SettingDescription {
    var inner = self
    inner.key = "\(outer).\(key)"
    return inner
  }

  /// What there is to say of the TRL name, if anything.
  private var remark: String? {
    guard let trlName else { return "Not in TRL." }
    return key.hasSuffix(trlName) ? nil : "TRL: \(trlName)."
  }

  /// The default on a line with the key, all else below it, no line longer than `width`.
  fileprivate func plainText(width: Int) -> String {
    let sentences = [meaning, "Allowed: \(allowed).", remark].compactMap(\.self)
    let lines = wrapped(sentences.joined(separator: " "), width: width - 4).map { "    \($0)" }
    return (["\(key): \(defaultValue)"] + lines).joined(separator: "\n")
  }

  fileprivate var markdown: String {
    let cells = ["`\(key)`", defaultValue, allowed, meaning, trlName.map { "`\($0)`" } ?? "none"]
    let row = cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")
    return "| \(row) |"
  }
}

extension [SettingDescription] {
  /// The listing for a terminal.
  public var plainText: String {
    map { $0.plainText(width: 80) }.joined(separator: "\n") + "\n"
  }

  /// The listing as a Markdown table.
  public var markdown: String {
    let head = ["| Key | Default | Allowed | Meaning | TRL |", "| --- | --- | --- | --- | --- |"]
    return (head + map(\.markdown)).joined(separator: "\n") + "\n"
  }
}

/// The words of a text in lines of at most so many characters; a longer word has a line of its own.
private func wrapped(_ text: String, width: Int) -> [String] {
  var lines: [String] = []
  for word in text.split(separator: " ") {
    if let last = lines.last, last.count + 1 + word.count <= width {
      lines[lines.count - 1] = "\(last) \(word)"
    } else {
      lines.append(String(word))
    }
  }
  return lines
}
