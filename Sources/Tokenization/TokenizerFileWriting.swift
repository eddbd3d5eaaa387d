public import Foundation
import JSON

/// The names of the files that describe a tokenizer in a checkpoint folder.
enum TokenizerFile {
  static let tokenizer = "tokenizer.json"
  static let configuration = "tokenizer_config.json"
  static let specialTokens = "special_tokens_map.json"
}

/// Writes a tokenizer as `AutoTokenizer` of transformers reads it.
///
/// The files are `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`. The
/// begin token is put before every text by the post-processor where our prompts have it; the end
/// token is left to the trainer, as TRL expects.
///
/// - Parameters:
///   - tokenizer: A `WordVocabulary`, `BytePairEncoding`, `ByteLevelVocabulary` or `PieceEncoding`.
///   - folder: An existing folder; files of these names in it are replaced.
///   - maximumLength: The number of positions of the model.
/// - Throws: `TokenizationError` if a file cannot be written or the tokenizer has no file format.
public func writeTokenizer(
  _ tokenizer: any Tokenizer, to folder: URL, maximumLength: Int
) throws(TokenizationError) {
  guard let described = tokenizer as? any FileDescribedTokenizer else {
    throw .unsupportedTokenizer("\(type(of: tokenizer))")
  }
  let spellings = described.specialSpellings
  let names: [JSONValue.Member] = [
    .init(key: "bos_token", value: .string(spellings.begin)),
    .init(key: "eos_token", value: .string(spellings.end)),
    .init(key: "pad_token", value: .string(spellings.pad)),
  ]
  try write(document(of: described), to: folder, TokenizerFile.tokenizer)
  try write(
    .object(configuration(of: described, maximumLength: maximumLength) + names), to: folder,
    TokenizerFile.configuration)
  try write(.object(names), to: folder, TokenizerFile.specialTokens)
}

/// What `tokenizer_config.json` says besides the names of the special tokens.
private func configuration(
  of tokenizer: any FileDescribedTokenizer, maximumLength: Int
) -> [JSONValue.Member] {
  let template = tokenizer.conversationTemplate.map {
    JSONValue.Member(key: "chat_template", value: .string($0))
  }
  return [
    .init(key: "tokenizer_class", value: "PreTrainedTokenizerFast"),
    .init(key: "model_max_length", value: .whole(maximumLength)),
    .init(key: "clean_up_tokenization_spaces", value: false),
    .init(key: "padding_side", value: "right"),
    .init(key: "unk_token", value: tokenizer.unknownSpelling.map(JSONValue.string) ?? .null),
  ] + (template.map { [$0] } ?? [])
}

/// The parts of `tokenizer.json` that say how text is cut up.
struct TokenizerFileDescription {
  var normalizer: JSONValue = .null
  var preTokenizer: JSONValue = .null
  var decoder: JSONValue = .null
  var model: JSONValue
}

/// A tokenizer that `tokenizer.json` has a form for.
protocol FileDescribedTokenizer: Tokenizer {
  /// The parts of `tokenizer.json` that say how text is cut up.
  var fileDescription: TokenizerFileDescription { get }
  /// The names of the special tokens.
  var specialSpellings: (pad: String, begin: String, end: String) { get }
  /// The tokens that are found in a text as they are.
  var addedTokens: [AddedToken] { get }
  /// The name of the token for what has no other one.
  var unknownSpelling: String? { get }
  /// Whether the begin token is put before every text.
  var opensTexts: Bool { get }
  /// The template of conversations.
  var conversationTemplate: String? { get }
}

extension FileDescribedTokenizer {
  var unknownSpelling: String? { nil }
  var opensTexts: Bool { true }
  var conversationTemplate: String? { nil }

  /// The special tokens by their ids, each once.
  var addedTokens: [AddedToken] {
    let names = specialSpellings
    let tokens = [(padToken, names.pad), (beginToken, names.begin), (endToken, names.end)]
    return Dictionary(tokens) { first, _ in first }.sorted { $0.key < $1.key }
      .map { AddedToken(id: $0.key, content: $0.value, isSpecial: true) }
  }
}

extension WordVocabulary: FileDescribedTokenizer {
  var specialSpellings: (pad: String, begin: String, end: String) {
    (tokens[padToken], tokens[beginToken], tokens[endToken])
  }

  var fileDescription: TokenizerFileDescription {
    TokenizerFileDescription(
      preTokenizer: ["type": "WhitespaceSplit"],
      // A name that is not in the vocabulary: an unknown word is an error there as it is here.
      model: ["type": "WordLevel", "vocab": vocabulary(tokens), "unk_token": "<unk>"])
  }
}

extension BytePairEncoding: FileDescribedTokenizer {
  var specialSpellings: (pad: String, begin: String, end: String) {
    (SpecialToken.pad.rawValue, SpecialToken.begin.rawValue, SpecialToken.end.rawValue)
  }

  var fileDescription: TokenizerFileDescription {
    var spellings = tokenBytes.map(ByteAlphabet.spelling)
    let names = specialSpellings
    (spellings[padToken], spellings[beginToken], spellings[endToken]) = (
      names.pad, names.begin, names.end
    )
    let splitter = byteLevel(usesExpression: !merges.isEmpty)
    return TokenizerFileDescription(
      preTokenizer: splitter, decoder: splitter, model: pairModel(spellings, merges))
  }
}

extension ByteLevelVocabulary: FileDescribedTokenizer {
  var specialSpellings: (pad: String, begin: String, end: String) {
    (spellings[padToken], spellings[beginToken], spellings[endToken])
  }
  var addedTokens: [AddedToken] { added }
  var opensTexts: Bool { !opening.isEmpty }
  var conversationTemplate: String? { chatTemplate }

  var fileDescription: TokenizerFileDescription {
    let digits = steps.filter { $0 != .words }.map { step -> JSONValue in
      ["type": "Digits", "individual_digits": .boolean(step == .digits)]
    }
    let last = byteLevel(usesExpression: steps.contains(.words))
    return TokenizerFileDescription(
      normalizer: normalization == .composed ? ["type": "NFC"] : .null,
      preTokenizer: digits.isEmpty
        ? last : ["type": "Sequence", "pretokenizers": .array(digits + [last])],
      decoder: byteLevel(usesExpression: true), model: pairModel(spellings, merges))
  }
}

private func byteLevel(usesExpression: Bool) -> JSONValue {
  [
    "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
    "use_regex": .boolean(usesExpression),
  ]
}

private func pairModel(_ spellings: [String], _ merges: [BytePairEncoding.Merge]) -> JSONValue {
  [
    "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil,
    "end_of_word_suffix": nil, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
    "vocab": vocabulary(spellings), "merges": mergeList(merges, spellings),
  ]
}

/// The tokens with their ids, in the order of the ids; a spelling that comes twice keeps its first.
func vocabulary(_ spellings: [String]) -> JSONValue {
  var known: Set<String> = []
  return .object(
    spellings.enumerated().filter { known.insert($0.element).inserted }
      .map { .init(key: $0.element, value: .whole($0.offset)) })
}

/// Pairs of tokens as `["t", "h"]`.
func mergeList(_ merges: [BytePairEncoding.Merge], _ spellings: [String]) -> JSONValue {
  .array(merges.map { [.string(spellings[$0.left]), .string(spellings[$0.right])] })
}

/// The document of a tokenizer, its keys in the order of transformers' files.
private func document(of tokenizer: any FileDescribedTokenizer) -> JSONValue {
  let added = tokenizer.addedTokens.map { token -> JSONValue in
    [
      "id": .whole(token.id), "content": .string(token.content), "single_word": false,
      "lstrip": false, "rstrip": false, "normalized": false, "special": .boolean(token.isSpecial),
    ]
  }
  let description = tokenizer.fileDescription
  return [
    "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added),
    "normalizer": description.normalizer, "pre_tokenizer": description.preTokenizer,
    "post_processor": tokenizer.opensTexts
      ? beginTokenTemplate(tokenizer.specialSpellings.begin, id: tokenizer.beginToken) : nil,
    "decoder": description.decoder, "model": description.model,
  ]
}

/// The post-processor that puts the begin token before a text.
private func beginTokenTemplate(_ token: String, id: Int) -> JSONValue {
  let name = JSONValue.string(token)
  let special: JSONValue = ["SpecialToken": ["id": name, "type_id": 0]]
  func sequence(_ name: String, _ type: Int) -> JSONValue {
    ["Sequence": ["id": .string(name), "type_id": .whole(type)]]
  }
  return [
    "type": "TemplateProcessing",
    "single": [special, sequence("A", 0)],
    "pair": [special, sequence("A", 0), sequence("B", 1)],
    "special_tokens": .object([
      .init(
        key: token, value: ["id": name, "ids": [.whole(id)], "tokens": [name]])
    ]),
  ]
}

private func write(
  _ value: JSONValue, to folder: URL, _ name: String
) throws(TokenizationError) {
  let url = folder.appending(path: name)
  do { try Data(JSONWriter.indented(value)).write(to: url, options: .atomic) } catch {
    throw .inaccessibleFile(
      path: url.path, reason: "cannot be written: \(error.localizedDescription)")
  }
}
