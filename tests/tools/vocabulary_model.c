/* vocabulary_model VOCABULARY.gguf OUT.gguf: a tiny model with that tokenizer. */
#include "vocabulary_model.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct error error = {.message = "VOCABULARY.gguf OUT.gguf"};
    if (argc == 3 && vocabulary_model(argv[1], argv[2], &error) == STATUS_OK)
        return 0;
    fprintf(stderr, "vocabulary_model: %s\n", error.message);
    return 2;
}
