/* model/chat: the forms of a conversation, each a row of the table. Templates are programs (Jinja);
 * what they do to one question and the beginning of its answer is known of the common ones, which
 * are told by a text that no other has. System messages are left out. */
#include "base/memory.h"
#include "model/generate.h"

#include <string.h>

static const struct chat_form forms[] = {
    {"chatml", "<|im_start|>", "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n",
     "<|im_end|>"},
    {"llama-3", "<|start_header_id|>", "<|start_header_id|>user<|end_header_id|>\n\n",
     "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"},
    {"zephyr", "<|user|>", "<|user|>\n", "</s>\n<|assistant|>\n", "</s>"},
    {"llama-2", "[INST]", "[INST] ", " [/INST]", "</s>"},
};

const struct chat_form *chat_form_of(const struct gguf *gguf)
{
    struct gguf_string text = {0};
    if (gguf_get_string(gguf, "tokenizer.chat_template", false, &text, NULL) != STATUS_OK ||
        text.length == 0)
        return NULL;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (memmem(text.data, text.length, forms[i].mark, strlen(forms[i].mark)) != NULL)
            return &forms[i];
    return NULL;
}

enum status chat_encode(const struct chat_form *form, const struct tokenizer *tokenizer,
                        const char *prompt, struct token_list *list, struct error *error)
{
    struct buf text;
    buf_init(&text);
    enum status status = buf_printf(&text, error, "%s%s%s", form != NULL ? form->before : "",
                                    prompt, form != NULL ? form->after : "");
    if (status == STATUS_OK)
        status = tokenizer_encode(tokenizer, text.data, text.length, true, true, list, error);
    if (status == STATUS_OK && list->count == 0)
        status = error_set(error, STATUS_INVALID, "the prompt is empty");
    buf_release(&text);
    return status;
}

enum status chat_end(const struct chat_form *form, const struct tokenizer *tokenizer,
                     int32_t *token, struct error *error)
{
    struct token_list list = {0};
    *token = -1;
    if (form == NULL)
        return STATUS_OK;
    enum status status =
        tokenizer_encode(tokenizer, form->end, strlen(form->end), false, true, &list, error);
    if (status == STATUS_OK && list.count == 1)
        *token = list.id[0];
    token_list_release(&list);
    return status;
}
