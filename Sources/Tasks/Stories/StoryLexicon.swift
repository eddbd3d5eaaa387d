/// Words of a mood, in lower case, as children's stories use them.
enum StoryLexicon {
  static let positive: Set<String> = [
    "amazing", "beautiful", "best", "better", "brave", "bright", "calm", "celebrate", "cheered",
    "clapped", "clever", "cozy", "cute", "dance", "danced", "delicious", "delighted", "enjoyed",
    "excited", "fair", "fine", "friend", "friendly", "friends", "fun", "funny", "gentle", "giggled",
    "glad", "good", "grateful", "great", "happily", "happiness", "happy", "helpful", "hug",
    "hugged",
    "joy", "kind", "kindness", "kissed", "laugh", "laughed", "laughing", "love", "loved", "lovely",
    "loves", "lucky", "magic", "magical", "nice", "perfect", "play", "played", "playing", "pleased",
    "pretty", "proud", "safe", "share", "shared", "shiny", "smile", "smiled", "smiling", "soft",
    "special", "sunny", "sweet", "thank", "thanked", "treat", "warm", "wonderful", "yummy",
  ]

  static let negative: Set<String> = [
    "afraid", "alone", "angry", "awful", "bad", "bit", "broke", "broken", "cold", "cried", "cry",
    "crying", "dangerous", "dark", "dirty", "dizzy", "fell", "fight", "forgot", "frightened",
    "grumpy", "hard", "hungry", "hurt", "hurts", "jealous", "lonely", "lost", "mad", "mean",
    "messy",
    "naughty", "nervous", "pain", "poor", "sad", "sadly", "scared", "scary", "sick", "sorry",
    "stuck",
    "tears", "terrible", "tired", "ugly", "unhappy", "upset", "weak", "worried", "wrong", "yelled",
  ]

  /// The distinct words of a text that a list holds.
  static func count(_ words: Set<String>, in list: Set<String>) -> Int {
    words.intersection(list).count
  }

  /// The distinct words of a text in lower case; whatever is no letter ends one.
  static func words(of text: String) -> Set<String> {
    Set(text.lowercased().split { !$0.isLetter }.map(String.init))
  }
}
