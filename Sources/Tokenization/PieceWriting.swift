import Foundation

extension PieceEncoding: FileDescribedTokenizer {
  var specialSpellings: (pad: String, begin: String, end: String) {
    (spelling(of: padToken), spelling(of: beginToken), spelling(of: endToken))
  }

  var unknownSpelling: String? { specialNames.values.first { $0 == "<unk>" } }

  /// Named tokens that nothing spells, as transformers calls them too.
  var addedTokens: [AddedToken] {
    specialNames.sorted { $0.key < $1.key }
      .map { AddedToken(id: $0.key, content: $0.value, isSpecial: true) }
  }

  /// The form of transformers' `LlamaTokenizer`: a space before the text, spaces spelt `▁`, byte
  /// pairs with byte fallback.
  var fileDescription: [String: Any] {
    let space = "\(Self.visibleSpace)"
    let spellings = tokenBytes.indices.map(spelling)
    let normalizers: [[String: Any]] = [
      ["type": "Prepend", "prepend": space],
      ["type": "Replace", "pattern": ["String": " "], "content": space],
    ]
    let decoders: [[String: Any]] = [
      ["type": "Replace", "pattern": ["String": space], "content": " "], ["type": "ByteFallback"],
      ["type": "Fuse"], ["type": "Strip", "content": " ", "start": 1, "stop": 0],
    ]
    return [
      "normalizer": ["type": "Sequence", "normalizers": normalizers] as [String: Any],
      "pre_tokenizer": NSNull(),
      "decoder": ["type": "Sequence", "decoders": decoders] as [String: Any],
      "model": [
        "type": "BPE", "dropout": NSNull(), "unk_token": unknownSpelling ?? NSNull(),
        "continuing_subword_prefix": NSNull(), "end_of_word_suffix": NSNull(), "fuse_unk": true,
        "byte_fallback": true, "ignore_merges": false,
        "vocab": Dictionary(zip(spellings, spellings.indices)) { first, _ in first },
        "merges": joins.map { [spellings[$0.pair.left], spellings[$0.pair.right]] },
      ] as [String: Any],
    ]
  }

  private func spelling(of token: Int) -> String {
    if let name = specialNames[token] { return name }
    if let byte = byteTokens.firstIndex(of: token) {
      return PieceFile.spelling(of: UInt8(byte))
    }
    return String(decoding: tokenBytes[token], as: UTF8.self)
      .replacing(" ", with: "\(Self.visibleSpace)")
  }
}
