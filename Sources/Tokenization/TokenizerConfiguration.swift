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

/// Why a `tokenizer.json`, or the tokenizer inside a GGUF file, is not one that we read.
public enum TokenizerFileError: Error, Equatable, CustomStringConvertible {
  /// Another model than words or byte pairs.
  case model(String)
  /// A setting of the model that changes which tokens a text has.
  case setting(String)
  /// A normalizer that changes texts in a way we do not follow.
  case normalizer(String)
  /// A way to cut up texts that we do not follow.
  case preTokenizer(String)
  /// Ids that do not run from zero without a gap.
  case numbering(count: Int, token: String, id: Int)
  /// A token that the merges or the bytes call for.
  case missingToken(String)
  /// An added token that is matched in a way we do not follow.
  case addedToken(String, option: String)
  /// A special token that is not named, or not in the vocabulary.
  case missingSpecial(String)
  /// A pad, begin or end token with two meanings in a tokenizer that has one token for each.
  case sharedSpecial
  /// A special token of a vocabulary that has no such id.
  case idOutOfRange(String, id: Int, count: Int)

  /// The mistake as a sentence.
  public var description: String {
    switch self {
    case .model(let type): "model type '\(type)'; WordLevel and BPE are read"
    case .setting(let name): "its model sets '\(name)', which is not supported"
    case .normalizer(let type):
      "a normalizer of type '\(type)' changes texts; only files without, or with NFC, are read"
    case .preTokenizer(let reason): reason
    case .numbering(let count, let token, let id):
      "ids must be 0…\(count - 1), each once; '\(token)' has \(id)"
    case .missingToken(let spelling): "'\(spelling)' is needed and not in the vocabulary"
    case .addedToken(let token, let option):
      "the added token '\(token)' sets '\(option)', which is not supported"
    case .missingSpecial(let key):
      "\(TokenizerFile.configuration) must give a '\(key)' of the vocabulary"
    case .sharedSpecial: "pad, begin and end token must be three different tokens"
    case .idOutOfRange(let key, let id, let count):
      "'\(key)' is \(id), and the vocabulary has \(count) tokens"
    }
  }
}
