import JSON

/// What `tokenizer_config.json` says: special tokens, as text or as an object with `content`.
struct TokenizerConfiguration {
  var pad, begin, end, unknown: String?
  var chatTemplate: String?

  init(_ document: JSONField) throws(JSONError) {
    pad = try Self.name("pad_token", in: document)
    begin = try Self.name("bos_token", in: document)
    end = try Self.name("eos_token", in: document)
    unknown = try Self.name("unk_token", in: document)
    chatTemplate = try document.member("chat_template")?.string
  }

  private static func name(
    _ key: String, in document: JSONField
  ) throws(JSONError) -> String? {
    guard let name = try document.member(key) else { return nil }
    return if case .object = name.value { try name.required("content").string } else {
      try name.string
    }
  }

  /// The special tokens of a vocabulary that has one token for each of them, or one for all.
  func ids(in tokens: [String]) throws(TokenizerFileError) -> (pad: Int, begin: Int, end: Int) {
    func id(_ name: String?, _ key: String) throws(TokenizerFileError) -> Int {
      guard let name, let id = tokens.firstIndex(of: name) else { throw .missingSpecial(key) }
      return id
    }
    let ids = (
      pad: try id(pad, "pad_token"), begin: try id(begin, "bos_token"),
      end: try id(end, "eos_token")
    )
    guard [1, 3].contains(Set([ids.pad, ids.begin, ids.end]).count) else { throw .sharedSpecial }
    return ids
  }

  /// The special tokens of any tokenizer: without a begin token the end token opens texts too, and
  /// where the pad token is missing or ends texts as well, the unknown token fills up rows.
  func looseIDs(in tokens: [String]) throws(TokenizerFileError) -> (pad: Int, begin: Int, end: Int)
  {
    func id(_ name: String?) -> Int? { name.flatMap { tokens.firstIndex(of: $0) } }
    guard let end = id(end) else { throw .missingSpecial("eos_token") }
    let pad = [id(pad), id(unknown)].compactMap(\.self).first { $0 != end }
    return (pad: pad ?? end, begin: id(begin) ?? end, end: end)
  }
}
